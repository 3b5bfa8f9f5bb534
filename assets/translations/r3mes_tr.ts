<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="tr" sourcelanguage="en">
<context>
    <name>AddressView</name>
    <message>
        <source>Address {groups}</source>
        <translation>Adres {groups}</translation>
    </message>
</context>
<context>
    <name>AdvancedCard</name>
    <message>
        <source>Advanced</source>
        <translation>Gelişmiş</translation>
    </message>
    <message>
        <source>Give up on an engine that loads after</source>
        <translation>Yüklenen motordan vazgeçme süresi</translation>
    </message>
    <message>
        <source>s</source>
        <translation>sn</translation>
    </message>
    <message>
        <source>Counted anew with each sign of progress. A slow disk may need more.</source>
        <translation>Her ilerleme belirtisinde baştan sayılır. Yavaş bir disk daha çoğunu isteyebilir.</translation>
    </message>
</context>
<context>
    <name>AmountField</name>
    <message>
        <source>Max</source>
        <translation>En çok</translation>
    </message>
    <message>
        <source>The most that is possible</source>
        <translation>Olabilecek en yüksek tutar</translation>
    </message>
    <message>
        <source>The amount is zero.</source>
        <translation>Tutar sıfır.</translation>
    </message>
    <message>
        <source>Understood as {amount}</source>
        <translation>{amount} olarak anlaşıldı</translation>
    </message>
</context>
<context>
    <name>App</name>
    <message>
        <source>Something went wrong in the window ({detail}). The node is not touched by it.</source>
        <translation>Pencerede bir sorun oldu ({detail}). Düğüm bundan etkilenmez.</translation>
    </message>
    <message>
        <source>Open the demo?</source>
        <translation>Demo açılsın mı?</translation>
    </message>
    <message>
        <source>Serving stops while the demo is open. Running requests are finished first.</source>
        <translation>Demo açıkken hizmet durur. Önce süren istekler tamamlanır.</translation>
    </message>
    <message>
        <source>Open the demo</source>
        <translation>Demoyu aç</translation>
    </message>
    <message>
        <source>Opening the demo…</source>
        <translation>Demo açılıyor…</translation>
    </message>
    <message>
        <source>Opening the launcher…</source>
        <translation>Başlatıcı açılıyor…</translation>
    </message>
    <message>
        <source>Keep R3MES running?</source>
        <translation>R3MES çalışmaya devam etsin mi?</translation>
    </message>
    <message>
        <source>It can stay in the tray and go on as it is. You are asked only this once.</source>
        <translation>Sistem tepsisinde kalıp olduğu gibi sürebilir. Bu yalnızca bir kez sorulur.</translation>
    </message>
    <message>
        <source>Quitting ends the serving; running requests are finished first.</source>
        <translation>Çıkmak hizmeti sona erdirir; süren istekler önce tamamlanır.</translation>
    </message>
    <message>
        <source>Keep running in the tray</source>
        <translation>Tepside çalışmaya devam et</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Çık</translation>
    </message>
    <message numerus="yes">
        <source>This computer stops serving. %Ln running request(s) are finished first.</source>
        <translation>
            <numerusform>Bu bilgisayarın hizmeti durur. Önce süren %Ln istek tamamlanır.</numerusform>
        </translation>
    </message>
    <message>
        <source>This computer stops serving until you start R3MES again.</source>
        <translation>R3MES&apos;i yeniden başlatana kadar bu bilgisayar hizmet vermez.</translation>
    </message>
    <message>
        <source>Quit R3MES?</source>
        <translation>R3MES&apos;ten çıkılsın mı?</translation>
    </message>
    <message>
        <source>Finishing running requests and closing…</source>
        <translation>Süren istekler tamamlanıyor, ardından kapanacak…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
</context>
<context>
    <name>AppearanceCard</name>
    <message>
        <source>This window</source>
        <translation>Bu pencere</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Dil</translation>
    </message>
    <message>
        <source>The system&apos;s</source>
        <translation>Sistemin ayarı</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Renkler</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Açık</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Koyu</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>Yüksek karşıtlık</translation>
    </message>
    <message>
        <source>When the window is closed</source>
        <translation>Pencere kapatılınca</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>Sor</translation>
    </message>
    <message>
        <source>Keep R3MES in the tray</source>
        <translation>R3MES tepside kalsın</translation>
    </message>
    <message>
        <source>Quit R3MES</source>
        <translation>R3MES’ten çık</translation>
    </message>
</context>
<context>
    <name>BackupSheet</name>
    <message>
        <source>Later</source>
        <translation>Sonra</translation>
    </message>
    <message>
        <source>Back to the words</source>
        <translation>Sözcüklere dön</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
    <message>
        <source>Your password</source>
        <translation>Parolanız</translation>
    </message>
    <message>
        <source>Show the recovery words</source>
        <translation>Kurtarma sözcüklerini göster</translation>
    </message>
    <message>
        <source>Write these words down</source>
        <translation>Bu sözcükleri yazın</translation>
    </message>
    <message>
        <source>I have written them down</source>
        <translation>Yazdım</translation>
    </message>
    <message>
        <source>Are they on paper?</source>
        <translation>Kâğıtta duruyorlar mı?</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Denetle</translation>
    </message>
</context>
<context>
    <name>BalanceCard</name>
    <message>
        <source>Balance</source>
        <translation>Bakiye</translation>
    </message>
    <message>
        <source>Wallet</source>
        <translation>Cüzdan</translation>
    </message>
    <message>
        <source>Add a wallet</source>
        <translation>Cüzdan ekle</translation>
    </message>
    <message>
        <source>Security and backup</source>
        <translation>Güvenlik ve yedek</translation>
    </message>
    <message>
        <source>Ask the network again</source>
        <translation>Ağa yeniden sor</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Kilitle</translation>
    </message>
    <message>
        <source>Lock the wallet</source>
        <translation>Cüzdanı kilitle</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>Toplam</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Kullanılabilir</translation>
    </message>
    <message>
        <source>Staked</source>
        <translation>Stake edilen</translation>
    </message>
    <message>
        <source>Unbonding</source>
        <translation>Çözülen</translation>
    </message>
    <message>
        <source>Rewards</source>
        <translation>Ödüller</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Gönder</translation>
    </message>
    <message>
        <source>Receive</source>
        <translation>Al</translation>
    </message>
    <message>
        <source>Stake</source>
        <translation>Stake et</translation>
    </message>
    <message>
        <source>Claim rewards</source>
        <translation>Ödülleri al</translation>
    </message>
    <message>
        <source>Get demo coins</source>
        <translation>Demo parası al</translation>
    </message>
    <message>
        <source>{network}  ·  demo coins, worth nothing</source>
        <translation>{network}  ·  değersiz demo parası</translation>
    </message>
    <message>
        <source>Asking the network…</source>
        <translation>Ağa soruluyor…</translation>
    </message>
    <message>
        <source>Not known yet</source>
        <translation>Henüz bilinmiyor</translation>
    </message>
    <message>
        <source>As of {time}</source>
        <translation>{time} itibarıyla</translation>
    </message>
    <message>
        <source>As of {time}; the network is away</source>
        <translation>{time} itibarıyla; ağa ulaşılamıyor</translation>
    </message>
    <message>
        <source>{name} (watched)</source>
        <translation>{name} (izlenen)</translation>
    </message>
</context>
<context>
    <name>BandRow</name>
    <message>
        <source>Days of band {number}</source>
        <translation>{number}. dilimin günleri</translation>
    </message>
    <message>
        <source>Band {number} from</source>
        <translation>{number}. dilim, başlangıç</translation>
    </message>
    <message>
        <source>Band {number} until</source>
        <translation>{number}. dilim, bitiş</translation>
    </message>
    <message>
        <source>Price in band {number}</source>
        <translation>{number}. dilimin fiyatı</translation>
    </message>
    <message>
        <source>Remove band {number}</source>
        <translation>{number}. dilimi kaldır</translation>
    </message>
    <message>
        <source>Every day</source>
        <translation>Her gün</translation>
    </message>
    <message>
        <source>Monday to Friday</source>
        <translation>Pazartesi–Cuma</translation>
    </message>
    <message>
        <source>Saturday and Sunday</source>
        <translation>Cumartesi ve Pazar</translation>
    </message>
</context>
<context>
    <name>Bridge</name>
    <message>
        <source>That did not work ({detail}).</source>
        <translation>Bu olmadı ({detail}).</translation>
    </message>
</context>
<context>
    <name>BundleView</name>
    <message>
        <source>Diagnostics</source>
        <translation>Tanı bilgileri</translation>
    </message>
    <message>
        <source>This is all that the file would hold. Secrets, prompts, names and the home folder are taken out; look through it before you pass it on.</source>
        <translation>Dosyada bunların hepsi ve yalnızca bunlar olur. Gizli bilgiler, istemler, adlar ve ev klasörü çıkarıldı; başkasına vermeden önce gözden geçirin.</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dosyalar</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Kaydet…</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Geri</translation>
    </message>
    <message>
        <source>The first {count} characters are in the file and not shown here.</source>
        <translation>İlk {count} karakter dosyada var, ama burada gösterilmiyor.</translation>
    </message>
    <message>
        <source>Save the diagnostics</source>
        <translation>Tanı bilgilerini kaydet</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>{name} olarak kaydedildi.</translation>
    </message>
    <message>
        <source>Could not save {name}: {why}</source>
        <translation>{name} kaydedilemedi: {why}</translation>
    </message>
</context>
<context>
    <name>ChartCard</name>
    <message>
        <source>By day</source>
        <translation>Güne göre</translation>
    </message>
    <message>
        <source>What the chart shows</source>
        <translation>Grafikte gösterilen</translation>
    </message>
    <message>
        <source>Earned</source>
        <translation>Kazanılan</translation>
    </message>
    <message>
        <source>Profit after power</source>
        <translation>Elektrik sonrası kâr</translation>
    </message>
    <message>
        <source>Electricity</source>
        <translation>Elektrik</translation>
    </message>
    <message>
        <source>Energy</source>
        <translation>Enerji</translation>
    </message>
    <message>
        <source>Earnings by day</source>
        <translation>Günlük kazanç</translation>
    </message>
    <message>
        <source>Type the prices of electricity and of a REMES to see this.</source>
        <translation>Bunu görmek için elektriğin ve bir REMES&apos;in fiyatını yazın.</translation>
    </message>
</context>
<context>
    <name>ChatList</name>
    <message>
        <source>Conversations</source>
        <translation>Sohbetler</translation>
    </message>
    <message>
        <source>Rename this conversation</source>
        <translation>Bu sohbeti yeniden adlandır</translation>
    </message>
    <message>
        <source>Delete this conversation…</source>
        <translation>Bu sohbeti sil…</translation>
    </message>
    <message>
        <source>What you ask is listed here.</source>
        <translation>Sorduklarınız burada listelenir.</translation>
    </message>
    <message>
        <source>Keep on this computer</source>
        <translation>Bu bilgisayarda sakla</translation>
    </message>
    <message>
        <source>In private files of the data folder. They go nowhere else.</source>
        <translation>Veri klasöründeki özel dosyalarda. Başka hiçbir yere gitmezler.</translation>
    </message>
    <message>
        <source>Delete all…</source>
        <translation>Tümünü sil…</translation>
    </message>
    <message>
        <source>Delete this conversation?</source>
        <translation>Bu sohbet silinsin mi?</translation>
    </message>
    <message>
        <source>“{title}” is deleted from this computer for good.</source>
        <translation>“{title}” bu bilgisayardan kalıcı olarak silinir.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Sil</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>İptal</translation>
    </message>
    <message>
        <source>Delete all conversations?</source>
        <translation>Tüm sohbetler silinsin mi?</translation>
    </message>
    <message>
        <source>All of them are deleted from this computer for good.</source>
        <translation>Hepsi bu bilgisayardan kalıcı olarak silinir.</translation>
    </message>
    <message>
        <source>Delete all</source>
        <translation>Tümünü sil</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Chat</source>
        <translation>Sohbet</translation>
    </message>
    <message>
        <source>Show the conversations</source>
        <translation>Sohbetleri göster</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Yeni sohbet</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Yeni</translation>
    </message>
    <message>
        <source>Ask the model something</source>
        <translation>Modele bir şey sorun</translation>
    </message>
    <message>
        <source>Your words go to the gateway, and a node of the network answers.</source>
        <translation>Sözleriniz ağ geçidine gider, ağdaki bir düğüm yanıtlar.</translation>
    </message>
    <message>
        <source>Explain what a GPU does</source>
        <translation>GPU&apos;nun ne yaptığını açıkla</translation>
    </message>
    <message>
        <source>Write a short poem about night trains</source>
        <translation>Gece trenleri üzerine kısa bir şiir yaz</translation>
    </message>
    <message>
        <source>What is photosynthesis?</source>
        <translation>Fotosentez nedir?</translation>
    </message>
    <message>
        <source>Open this address in the browser?</source>
        <translation>Bu adres tarayıcıda açılsın mı?</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Adresi kopyala</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Aç</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>İptal</translation>
    </message>
    <message>
        <source>Open Home</source>
        <translation>Ana sayfayı aç</translation>
    </message>
    <message>
        <source>Enter sends, Shift+Enter starts a new line. Small models make things up.</source>
        <translation>Enter gönderir, Shift+Enter yeni satır açar. Küçük modeller uydurabilir.</translation>
    </message>
    <message>
        <source>The gateway does not answer yet.</source>
        <translation>Ağ geçidi henüz yanıt vermiyor.</translation>
    </message>
    <message>
        <source>Home shows what it is doing.</source>
        <translation>Ne yaptığını Ana sayfa gösterir.</translation>
    </message>
    <message>
        <source>Nobody serves a model right now.</source>
        <translation>Şu anda kimse model sunmuyor.</translation>
    </message>
    <message>
        <source>Switch Serving on at Home and this computer answers, or wait for another node.</source>
        <translation>Ana sayfada Hizmet&apos;i açın, bu bilgisayar yanıtlasın; ya da başka bir düğümü bekleyin.</translation>
    </message>
</context>
<context>
    <name>ChatStream</name>
    <message>
        <source>The answer broke off unexpectedly ({detail}).</source>
        <translation>Yanıt beklenmedik biçimde kesildi ({detail}).</translation>
    </message>
</context>
<context>
    <name>CodeView</name>
    <message>
        <source>Copy this code</source>
        <translation>Bu kodu kopyala</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Kod</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Your prompt</source>
        <translation>İsteğiniz</translation>
    </message>
    <message>
        <source>Ask the model something</source>
        <translation>Modele bir şey sorun</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Gönder</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Yanıtı durdur</translation>
    </message>
</context>
<context>
    <name>ConfirmationSheet</name>
    <message>
        <source>Sign this?</source>
        <translation>Bu imzalansın mı?</translation>
    </message>
    <message>
        <source>Fee</source>
        <translation>Ücret</translation>
    </message>
    <message>
        <source>Memo</source>
        <translation>Not</translation>
    </message>
    <message>
        <source>none</source>
        <translation>yok</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Ağ</translation>
    </message>
    <message>
        <source>Valid until block</source>
        <translation>Geçerli olduğu son blok</translation>
    </message>
    <message>
        <source>Show the raw transaction</source>
        <translation>Ham işlemi göster</translation>
    </message>
    <message>
        <source>The raw transaction</source>
        <translation>Ham işlem</translation>
    </message>
    <message>
        <source>I have read the warnings, and I want to sign it all the same</source>
        <translation>Uyarıları okudum, yine de imzalamak istiyorum</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Sign and send</source>
        <translation>İmzala ve gönder</translation>
    </message>
    <message>
        <source>To this address</source>
        <translation>Bu adrese</translation>
    </message>
    <message>
        <source>This looks like an address that you have paid before, but it is another one.</source>
        <translation>Bu, daha önce ödeme yaptığınız bir adrese benziyor ama başka bir adres.</translation>
    </message>
    <message>
        <source>The marked groups differ. People are robbed that way: compare all of it with your source.</source>
        <translation>İşaretli öbekler farklı. İnsanlar böyle soyuluyor: tamamını kaynağınızla karşılaştırın.</translation>
    </message>
    <message>
        <source>The one that you have paid before</source>
        <translation>Daha önce ödeme yaptığınız adres</translation>
    </message>
    <message>
        <source>You have never paid this address from this wallet.</source>
        <translation>Bu cüzdandan bu adrese hiç ödeme yapmadınız.</translation>
    </message>
    <message>
        <source>Compare it with your source, group by group. A payment can&apos;t be taken back.</source>
        <translation>Kaynağınızla öbek öbek karşılaştırın. Ödeme geri alınamaz.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Kapat</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>İmzalandı</translation>
    </message>
    <message>
        <source>It is on its way; you may close this.</source>
        <translation>Yolda; bunu kapatabilirsiniz.</translation>
    </message>
</context>
<context>
    <name>ContactSheet</name>
    <message>
        <source>Add an address</source>
        <translation>Adres ekle</translation>
    </message>
    <message>
        <source>Change an address</source>
        <translation>Adresi değiştir</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Ad</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adres</translation>
    </message>
    <message>
        <source>Note (optional)</source>
        <translation>Not (isteğe bağlı)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Kaydet</translation>
    </message>
    <message>
        <source>Give it a name.</source>
        <translation>Bir ad verin.</translation>
    </message>
</context>
<context>
    <name>ContactsCard</name>
    <message>
        <source>Add</source>
        <translation>Ekle</translation>
    </message>
    <message>
        <source>Add an address</source>
        <translation>Adres ekle</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Ad</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adres</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Not</translation>
    </message>
    <message>
        <source>Nobody yet. Addresses that you keep here can be paid without copying them again.</source>
        <translation>Henüz kimse yok. Burada tuttuğunuz adreslere, yeniden kopyalamadan ödeme yapabilirsiniz.</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Gönder</translation>
    </message>
    <message>
        <source>Send to the chosen address</source>
        <translation>Seçili adrese gönder</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Değiştir</translation>
    </message>
    <message>
        <source>Change the chosen address</source>
        <translation>Seçili adresi değiştir</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Kaldır</translation>
    </message>
    <message>
        <source>Remove the chosen address</source>
        <translation>Seçili adresi kaldır</translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message>
        <source>1 minute</source>
        <translation>1 dakika</translation>
    </message>
    <message>
        <source>A GPU does not answer any more ({names}); restart the computer if it does not come back.</source>
        <translation>Bir GPU artık yanıt vermiyor ({names}); geri gelmezse bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>A calculation on the GPU broke off, and this process can&apos;t use the GPU any more.</source>
        <translation>GPU&apos;daki bir hesap yarıda kaldı; bu süreç GPU&apos;yu artık kullanamıyor.</translation>
    </message>
    <message>
        <source>A coin looks like 1000000ur3mes: a whole number and the coin&apos;s name.</source>
        <translation>Bir para 1000000ur3mes gibi yazılır: bir tam sayı ve paranın adı.</translation>
    </message>
    <message>
        <source>A conversation needs a title.</source>
        <translation>Bir konuşmanın başlığı olmalı.</translation>
    </message>
    <message>
        <source>A diagnostics bundle holds no readings of the GPUs.</source>
        <translation>Bir tanılama paketinde GPU ölçümleri bulunmaz.</translation>
    </message>
    <message>
        <source>A file of the engine vanished after it was installed. An antivirus may have moved it.</source>
        <translation>Motorun bir dosyası kurulumdan sonra kayboldu. Bir antivirüs taşımış olabilir.</translation>
    </message>
    <message>
        <source>A firewall or an antivirus is in the way: allow R3MES connections to 127.0.0.1.</source>
        <translation>Bir güvenlik duvarı ya da antivirüs engelliyor: R3MES&apos;in 127.0.0.1 bağlantılarına izin verin.</translation>
    </message>
    <message>
        <source>A grant lasts 1 to {max_grant_days} days.</source>
        <translation>Bir yetki 1 ile {max_grant_days} gün arasında sürer.</translation>
    </message>
    <message>
        <source>A grant needs at least one role.</source>
        <translation>Yetki en az bir rol ister.</translation>
    </message>
    <message>
        <source>A key path looks like m/44&apos;/118&apos;/0&apos;/0/0.</source>
        <translation>Bir anahtar yolu m/44&apos;/118&apos;/0&apos;/0/0 gibi görünür.</translation>
    </message>
    <message>
        <source>A letter may be missing or mistyped; copy the whole address again.</source>
        <translation>Bir harf eksik ya da yanlış olabilir; adresin tümünü yeniden kopyalayın.</translation>
    </message>
    <message>
        <source>A message has no “@type” that this wallet knows.</source>
        <translation>Bir mesajda bu cüzdanın tanıdığı bir “@type” yok.</translation>
    </message>
    <message>
        <source>A message to sign has at most {max_message_bytes} bytes.</source>
        <translation>İmzalanacak mesaj en çok {max_message_bytes} bayttır.</translation>
    </message>
    <message>
        <source>A message type looks like /cosmos.bank.v1beta1.MsgSend.</source>
        <translation>Mesaj türü /cosmos.bank.v1beta1.MsgSend gibi görünür.</translation>
    </message>
    <message>
        <source>A name has 1 to 64 visible characters.</source>
        <translation>Bir ad 1 ile 64 arası görünür karakterden oluşur.</translation>
    </message>
    <message>
        <source>A new recovery phrase has 12 or 24 words, not {words}.</source>
        <translation>Yeni bir kurtarma ifadesi 12 ya da 24 sözcüktür, {words} değil.</translation>
    </message>
    <message>
        <source>A node has it; it waits for its block.</source>
        <translation>Bir düğüme ulaştı; bloğunu bekliyor.</translation>
    </message>
    <message>
        <source>A note has at most 256 characters.</source>
        <translation>Bir not en çok 256 karakterdir.</translation>
    </message>
    <message>
        <source>A passphrase has at most {max_passphrase_characters} characters.</source>
        <translation>Ek parola en çok {max_passphrase_characters} karakterdir.</translation>
    </message>
    <message>
        <source>A password has at most {max_password_characters} characters.</source>
        <translation>Parola en çok {max_password_characters} karakterdir.</translation>
    </message>
    <message>
        <source>A permission to send needs a limit.</source>
        <translation>Gönderme izni bir sınır ister.</translation>
    </message>
    <message>
        <source>A permission to stake names the validators.</source>
        <translation>Stake izni doğrulayıcıları adlandırır.</translation>
    </message>
    <message>
        <source>A permission to {value} has no limits.</source>
        <translation>{value} izninin sınırı olmaz.</translation>
    </message>
    <message>
        <source>A program&apos;s name has at most {max_app_name} characters and no line breaks.</source>
        <translation>Bir programın adı en çok {max_app_name} karakterdir ve satır sonu içermez.</translation>
    </message>
    <message>
        <source>A recovery phrase has 12, 15, 18, 21 or 24 words; this one has {words}.</source>
        <translation>Kurtarma ifadesi 12, 15, 18, 21 ya da 24 sözcüktür; bunda {words} var.</translation>
    </message>
    <message>
        <source>A redelegation needs two different validators.</source>
        <translation>Stake taşımak iki farklı doğrulayıcı ister.</translation>
    </message>
    <message>
        <source>A redelegation to the same validator does nothing.</source>
        <translation>Aynı doğrulayıcıya taşımak bir şey değiştirmez.</translation>
    </message>
    <message>
        <source>A registration needs at least one role, and its node type.</source>
        <translation>Kayıt en az bir rol ve düğüm türünü ister.</translation>
    </message>
    <message>
        <source>A schedule needs at least one time at which serving is allowed; or switch it off.</source>
        <translation>Bir zaman çizelgesinde hizmete izin verilen en az bir zaman olmalı; ya da çizelgeyi kapatın.</translation>
    </message>
    <message>
        <source>A transaction holds 1 to {max_messages} messages.</source>
        <translation>Bir işlem 1 ile {max_messages} mesaj taşır.</translation>
    </message>
    <message>
        <source>A vault holds at most {max_wallets} wallets.</source>
        <translation>Bir kasa en çok {max_wallets} cüzdan tutar.</translation>
    </message>
    <message>
        <source>A {value} also has to be a {value2}.</source>
        <translation>{value} olanın {value2} de olması gerekir.</translation>
    </message>
    <message>
        <source>Adding the address…</source>
        <translation>Adres ekleniyor…</translation>
    </message>
    <message>
        <source>Agrees with the gateway&apos;s to {seconds} s.</source>
        <translation>Ağ geçidininkiyle {seconds} sn içinde uyuşuyor.</translation>
    </message>
    <message>
        <source>All nodes are busy. Try again in a moment.</source>
        <translation>Tüm düğümler meşgul. Birazdan yeniden deneyin.</translation>
    </message>
    <message>
        <source>An address or a hash holds other characters than letters and digits.</source>
        <translation>Bir adres ya da özet, harf ve rakam dışında karakter içeriyor.</translation>
    </message>
    <message>
        <source>An address prefix is made of small letters and digits, like “remes”.</source>
        <translation>Adres öneki küçük harf ve rakamlardan oluşur; “remes” gibi.</translation>
    </message>
    <message>
        <source>An allowance or authorization has no “@type” that this wallet knows.</source>
        <translation>Bir ödenek ya da yetkide bu cüzdanın tanıdığı bir “@type” yok.</translation>
    </message>
    <message>
        <source>An amount has at most {decimals} places after the decimal mark.</source>
        <translation>Tutarın ondalık kısmı en çok {decimals} basamaktır.</translation>
    </message>
    <message>
        <source>An amount in base units is a whole number without sign or separators.</source>
        <translation>Temel birimde tutar, işaretsiz ve ayraçsız bir tam sayıdır.</translation>
    </message>
    <message>
        <source>An earlier installation was interrupted; starting it again.</source>
        <translation>Önceki kurulum yarıda kalmıştı; yeniden başlatılıyor.</translation>
    </message>
    <message>
        <source>An export&apos;s password has at least {min_export_password} characters.</source>
        <translation>Dışa aktarım parolası en az {min_export_password} karakterdir.</translation>
    </message>
    <message>
        <source>Another R3MES launcher already uses {folder}. Open its window, or end it first; `r3mes status` shows it.</source>
        <translation>Başka bir R3MES başlatıcısı {folder} klasörünü zaten kullanıyor. Onun penceresini açın ya da önce onu kapatın; `r3mes status` gösterir.</translation>
    </message>
    <message>
        <source>Another fee payer would have to sign too, which this wallet does not do.</source>
        <translation>Başka bir ücret ödeyenin de imzalaması gerekirdi; bu cüzdan bunu yapmaz.</translation>
    </message>
    <message>
        <source>Another installation of the same environment is running; waiting for it.</source>
        <translation>Aynı ortamın başka bir kurulumu sürüyor; bekleniyor.</translation>
    </message>
    <message>
        <source>Another process downloads {name}</source>
        <translation>{name} başka bir süreçte indiriliyor</translation>
    </message>
    <message>
        <source>Another program is using the wallet file.</source>
        <translation>Cüzdan dosyasını başka bir program kullanıyor.</translation>
    </message>
    <message>
        <source>Another transaction of this wallet came first. Nothing was spent.</source>
        <translation>Bu cüzdanın başka bir işlemi önce geldi. Hiçbir şey harcanmadı.</translation>
    </message>
    <message>
        <source>Another transaction of this wallet is still on its way.</source>
        <translation>Bu cüzdanın başka bir işlemi hâlâ yolda.</translation>
    </message>
    <message>
        <source>Answer its question, or unlock with the wallet&apos;s password.</source>
        <translation>Sorusunu yanıtlayın ya da cüzdanın parolasıyla açın.</translation>
    </message>
    <message>
        <source>Ask for it again.</source>
        <translation>Yeniden isteyin.</translation>
    </message>
    <message>
        <source>Ask for the account address, which begins with {prefix}1.</source>
        <translation>{prefix}1 ile başlayan hesap adresini isteyin.</translation>
    </message>
    <message>
        <source>Ask the gateway&apos;s operator.</source>
        <translation>Ağ geçidinin işletmecisine sorun.</translation>
    </message>
    <message>
        <source>Asking the system&apos;s keyring…</source>
        <translation>Sistem anahtarlığına soruluyor…</translation>
    </message>
    <message>
        <source>At most {max_entries} moves between these two validators can run at once.</source>
        <translation>Bu iki doğrulayıcı arasında aynı anda en çok {max_entries} taşıma sürebilir.</translation>
    </message>
    <message>
        <source>At most {max_entries} unstakings from one validator can run at once.</source>
        <translation>Bir doğrulayıcıdan aynı anda en çok {max_entries} çözme sürebilir.</translation>
    </message>
    <message>
        <source>Cancelling the installation.</source>
        <translation>Kurulum iptal ediliyor.</translation>
    </message>
    <message>
        <source>Change the registration</source>
        <translation>Kaydı değiştir</translation>
    </message>
    <message>
        <source>Change the registration to {roles}</source>
        <translation>Kaydı {roles} olarak değiştir</translation>
    </message>
    <message>
        <source>Changing the password…</source>
        <translation>Parola değiştiriliyor…</translation>
    </message>
    <message>
        <source>Check --upstream and --upstream-model.</source>
        <translation>--upstream ve --upstream-model seçeneklerini denetleyin.</translation>
    </message>
    <message>
        <source>Check its spelling against your paper.</source>
        <translation>Yazımını kâğıdınızla karşılaştırın.</translation>
    </message>
    <message>
        <source>Check that the card is seated and has its power.</source>
        <translation>Kartın yerine oturduğunu ve gücünün bağlı olduğunu denetleyin.</translation>
    </message>
    <message>
        <source>Check that the card is seated.</source>
        <translation>Kartın yerine oturduğunu denetleyin.</translation>
    </message>
    <message>
        <source>Check the URL in the catalogue.</source>
        <translation>Katalogdaki URL&apos;yi denetleyin.</translation>
    </message>
    <message>
        <source>Check the address and the network, or choose another gateway.</source>
        <translation>Adresi ve ağı denetleyin ya da başka bir ağ geçidi seçin.</translation>
    </message>
    <message>
        <source>Check the disk and who may write there, and start the download again.</source>
        <translation>Diski ve oraya kimin yazabildiğini denetleyin, sonra indirmeyi yeniden başlatın.</translation>
    </message>
    <message>
        <source>Check the internet connection; nothing was changed.</source>
        <translation>İnternet bağlantısını denetleyin; hiçbir şey değişmedi.</translation>
    </message>
    <message>
        <source>Check the path and who may read it.</source>
        <translation>Yolu ve onu kimin okuyabildiğini denetleyin.</translation>
    </message>
    <message>
        <source>Check who owns it, or choose another data directory with R3MES_HOME.</source>
        <translation>Sahibini denetleyin ya da R3MES_HOME ile başka bir veri klasörü seçin.</translation>
    </message>
    <message>
        <source>Checking that everything installed can be loaded.</source>
        <translation>Kurulan her şeyin yüklenebildiği denetleniyor.</translation>
    </message>
    <message>
        <source>Checking the password…</source>
        <translation>Parola denetleniyor…</translation>
    </message>
    <message>
        <source>Checking {name}</source>
        <translation>{name} denetleniyor</translation>
    </message>
    <message>
        <source>Choose --quantisation bf16, or install the engine again.</source>
        <translation>--quantisation bf16 seçin veya motoru yeniden kurun.</translation>
    </message>
    <message>
        <source>Choose a folder with a Hugging Face model, a GGUF file, or the built-in model.</source>
        <translation>Hugging Face modeli içeren bir klasör, bir GGUF dosyası ya da yerleşik modeli seçin.</translation>
    </message>
    <message>
        <source>Choose a gateway</source>
        <translation>Ağ geçidi seç</translation>
    </message>
    <message>
        <source>Choose a language model in Hugging Face&apos;s format.</source>
        <translation>Hugging Face biçiminde bir dil modeli seçin.</translation>
    </message>
    <message>
        <source>Choose a language model that the transformers library knows, or download it again.</source>
        <translation>transformers kitaplığının tanıdığı bir dil modeli seçin veya modeli yeniden indirin.</translation>
    </message>
    <message>
        <source>Choose a longer phrase.</source>
        <translation>Daha uzun bir ifade seçin.</translation>
    </message>
    <message>
        <source>Choose a model of another architecture, or one in Hugging Face&apos;s format.</source>
        <translation>Başka mimaride bir model veya Hugging Face biçiminde bir model seçin.</translation>
    </message>
    <message>
        <source>Choose a model: a folder, a GGUF file, or the built-in one.</source>
        <translation>Bir model seçin: bir klasör, bir GGUF dosyası ya da yerleşik olan.</translation>
    </message>
    <message>
        <source>Choose a whole language model.</source>
        <translation>Eksiksiz bir dil modeli seçin.</translation>
    </message>
    <message>
        <source>Choose an instruct or chat model.</source>
        <translation>Bir instruct veya chat modeli seçin.</translation>
    </message>
    <message>
        <source>Choose another adapter.</source>
        <translation>Başka bir adaptör seçin.</translation>
    </message>
    <message>
        <source>Choose another gateway, or ask its operator for the reason.</source>
        <translation>Başka bir ağ geçidi seçin ya da nedenini işletmecisine sorun.</translation>
    </message>
    <message>
        <source>Choose another model, or the built-in one.</source>
        <translation>Başka bir model ya da yerleşik olanı seçin.</translation>
    </message>
    <message>
        <source>Choose another one.</source>
        <translation>Başka birini seçin.</translation>
    </message>
    <message>
        <source>Choose another validator than the one the coins are with.</source>
        <translation>Paraların bulunduğundan başka bir doğrulayıcı seçin.</translation>
    </message>
    <message>
        <source>Choose at least one role, each once.</source>
        <translation>Her birini bir kez olmak üzere en az bir rol seçin.</translation>
    </message>
    <message>
        <source>Choose small or quantised models.</source>
        <translation>Küçük ya da nicemlenmiş modeller seçin.</translation>
    </message>
    <message>
        <source>Choose the wallet that owns that address.</source>
        <translation>O adresin sahibi olan cüzdanı seçin.</translation>
    </message>
    <message>
        <source>Claim rewards</source>
        <translation>Ödülleri al</translation>
    </message>
    <message>
        <source>Close other programs and try again.</source>
        <translation>Diğer programları kapatıp yeniden deneyin.</translation>
    </message>
    <message>
        <source>Close other programs that use it, or choose a smaller model.</source>
        <translation>Onu kullanan öbür programları kapatın ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Close other programs that use the GPU, or choose a smaller model.</source>
        <translation>GPU&apos;yu kullanan diğer programları kapatın ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Close other programs that use the GPU.</source>
        <translation>GPU&apos;yu kullanan diğer programları kapatın.</translation>
    </message>
    <message>
        <source>Close other programs that use the memory, lower --adapter-memory-mb or --max-concurrency, or choose a smaller model.</source>
        <translation>Belleği kullanan başka programları kapatın, --adapter-memory-mb veya --max-concurrency değerini düşürün ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Close other programs that use the memory, or choose a smaller model.</source>
        <translation>Belleği kullanan öbür programları kapatın ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Close other programs while it serves; choose small models.</source>
        <translation>Hizmet sırasında diğer programları kapatın; küçük modeller seçin.</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller model.</source>
        <translation>Diğer programları kapatın ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Close other programs.</source>
        <translation>Diğer programları kapatın.</translation>
    </message>
    <message>
        <source>Close the other launcher.</source>
        <translation>Diğer başlatıcıyı kapatın.</translation>
    </message>
    <message>
        <source>Coins sent to another network&apos;s address would be lost.</source>
        <translation>Başka bir ağın adresine gönderilen paralar kaybolur.</translation>
    </message>
    <message>
        <source>Coins were moved to this validator a short time ago; until that is over none can be moved on from it.</source>
        <translation>Bu doğrulayıcıya kısa süre önce para taşındı; o bitene kadar buradan ileri taşınamaz.</translation>
    </message>
    <message>
        <source>Connect it. The demo works without.</source>
        <translation>Bağlayın. Demo bağlantısız da çalışır.</translation>
    </message>
    <message>
        <source>Copy it again, whole.</source>
        <translation>Tümünü yeniden kopyalayın.</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>Komutu kopyala</translation>
    </message>
    <message>
        <source>Correct its rights, or set R3MES_HOME elsewhere.</source>
        <translation>İzinlerini düzeltin ya da R3MES_HOME&apos;u başka bir yere ayarlayın.</translation>
    </message>
    <message>
        <source>Correct the variable, or unset it.</source>
        <translation>Değişkeni düzeltin ya da kaldırın.</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Veri klasörü</translation>
    </message>
    <message>
        <source>Disk space</source>
        <translation>Disk alanı</translation>
    </message>
    <message>
        <source>Done, in block {height}.</source>
        <translation>{height}. blokta tamamlandı.</translation>
    </message>
    <message>
        <source>Download it again, or choose another.</source>
        <translation>Yeniden indirin veya başka birini seçin.</translation>
    </message>
    <message>
        <source>Download the file again.</source>
        <translation>Dosyayı yeniden indirin.</translation>
    </message>
    <message>
        <source>Download the model again.</source>
        <translation>Modeli yeniden indirin.</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>İndiriliyor</translation>
    </message>
    <message>
        <source>Downloading {name}</source>
        <translation>{name} indiriliyor</translation>
    </message>
    <message>
        <source>Each coin of a list appears once and is more than nothing.</source>
        <translation>Listedeki her para bir kez geçer ve sıfırdan büyüktür.</translation>
    </message>
    <message>
        <source>Each number of a key path lies between 0 and 2147483647.</source>
        <translation>Anahtar yolundaki her sayı 0 ile 2147483647 arasındadır.</translation>
    </message>
    <message>
        <source>Each role needs its allocation of resources.</source>
        <translation>Her rol kendi kaynak payını ister.</translation>
    </message>
    <message>
        <source>Embeddings need the package sentence-transformers, which is not installed.</source>
        <translation>Gömmeler için sentence-transformers paketi gerekir; bu paket kurulu değil.</translation>
    </message>
    <message>
        <source>Engine self-test</source>
        <translation>Motorun öz sınaması</translation>
    </message>
    <message>
        <source>Failed in block {height}; the fee was spent, the amount was not.</source>
        <translation>{height}. blokta başarısız oldu; ücret harcandı, tutar harcanmadı.</translation>
    </message>
    <message>
        <source>Finishing the requests that run.</source>
        <translation>Süren istekler bitiriliyor.</translation>
    </message>
    <message>
        <source>Four or five random words are easy to keep and hard to guess.</source>
        <translation>Dört beş rastgele sözcük akılda kolay kalır, zor tahmin edilir.</translation>
    </message>
    <message>
        <source>Free some disk space and start the download again; it goes on where it stopped.</source>
        <translation>Diskte yer açıp indirmeyi yeniden başlatın; kaldığı yerden sürer.</translation>
    </message>
    <message>
        <source>Free some disk space, or check who may write there.</source>
        <translation>Diskte yer açın veya oraya kimin yazabildiğine bakın.</translation>
    </message>
    <message>
        <source>Free some disk space, or choose a smaller model.</source>
        <translation>Diskte yer açın veya daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Free some disk space, or correct the folder&apos;s rights.</source>
        <translation>Diskte yer açın ya da klasörün izinlerini düzeltin.</translation>
    </message>
    <message>
        <source>Free some disk space.</source>
        <translation>Diskte yer açın.</translation>
    </message>
    <message>
        <source>Free some space and run the same command again.</source>
        <translation>Yer açıp aynı komutu yeniden çalıştırın.</translation>
    </message>
    <message>
        <source>Free some space, or choose a smaller model.</source>
        <translation>Yer açın ya da daha küçük bir model seçin.</translation>
    </message>
    <message>
        <source>Free some space, or set R3MES_HOME elsewhere.</source>
        <translation>Yer açın ya da R3MES_HOME&apos;u başka bir yere ayarlayın.</translation>
    </message>
    <message>
        <source>GPU generation</source>
        <translation>GPU kuşağı</translation>
    </message>
    <message>
        <source>GPU memory</source>
        <translation>GPU belleği</translation>
    </message>
    <message>
        <source>Get it from the project&apos;s own pages.</source>
        <translation>Projenin kendi sayfalarından alın.</translation>
    </message>
    <message>
        <source>Get the driver</source>
        <translation>Sürücüyü al</translation>
    </message>
    <message>
        <source>Get the model in the safetensors format.</source>
        <translation>Modeli safetensors biçiminde edinin.</translation>
    </message>
    <message>
        <source>Give --adapters a folder that holds one folder for each adapter.</source>
        <translation>--adapters seçeneğine, her adaptör için bir klasör içeren bir klasör verin.</translation>
    </message>
    <message>
        <source>Give --embedding-model the folder of such a model.</source>
        <translation>--embedding-model seçeneğine böyle bir modelin klasörünü verin.</translation>
    </message>
    <message>
        <source>Give --model a GGUF file.</source>
        <translation>--model seçeneğine bir GGUF dosyası verin.</translation>
    </message>
    <message>
        <source>Give --model a folder, or use --upstream-server llama-server.</source>
        <translation>--model seçeneğine bir klasör verin veya --upstream-server llama-server kullanın.</translation>
    </message>
    <message>
        <source>Give a Hugging Face folder, a GGUF file, the word builtin, or a name that `models list` shows.</source>
        <translation>Bir Hugging Face klasörü, bir GGUF dosyası, builtin sözcüğü veya `models list` komutunun gösterdiği bir ad verin.</translation>
    </message>
    <message>
        <source>Give its folder with --adapters.</source>
        <translation>Klasörünü --adapters ile verin.</translation>
    </message>
    <message>
        <source>Give the folder for a model in Hugging Face&apos;s format, or a file that ends in .gguf.</source>
        <translation>Hugging Face biçimindeki model için klasörünü ya da .gguf ile biten bir dosya verin.</translation>
    </message>
    <message>
        <source>Give the name of a model.</source>
        <translation>Bir modelin adını verin.</translation>
    </message>
    <message>
        <source>Give the network&apos;s public key with --network-key.</source>
        <translation>Ağın açık anahtarını --network-key ile verin.</translation>
    </message>
    <message>
        <source>Give the program&apos;s name alone, without its folder.</source>
        <translation>Programın yalnızca adını verin, klasörünü değil.</translation>
    </message>
    <message>
        <source>Give the server&apos;s API key with --upstream-key-file.</source>
        <translation>Sunucunun API anahtarını --upstream-key-file ile verin.</translation>
    </message>
    <message>
        <source>Giving a permission to oneself has no effect.</source>
        <translation>Kendine izin vermenin etkisi yoktur.</translation>
    </message>
    <message>
        <source>Giving a permission to oneself has no effect; the chain refuses it.</source>
        <translation>Kendine izin vermenin etkisi yoktur; zincir reddeder.</translation>
    </message>
    <message>
        <source>Graphics driver</source>
        <translation>Grafik sürücüsü</translation>
    </message>
    <message>
        <source>HTTP {status_code} without JSON</source>
        <translation>JSON içermeyen HTTP {status_code}</translation>
    </message>
    <message>
        <source>If you clicked “Deny” by mistake, try again; else unlock with the wallet&apos;s password.</source>
        <translation>Yanlışlıkla “Reddet”e bastıysanız yeniden deneyin; yoksa cüzdanın parolasıyla açın.</translation>
    </message>
    <message>
        <source>Importing the wallet…</source>
        <translation>Cüzdan içe aktarılıyor…</translation>
    </message>
    <message>
        <source>Inside Flatpak the system&apos;s own settings decide what starts with it.</source>
        <translation>Flatpak içinde, sistemle birlikte nelerin başlayacağına sistemin kendi ayarları karar verir.</translation>
    </message>
    <message>
        <source>Install the NVIDIA driver and restart the computer.</source>
        <translation>NVIDIA sürücüsünü kurup bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>Install the driver and restart the computer. Serving on the CPU is for trying it out.</source>
        <translation>Sürücüyü kurup bilgisayarı yeniden başlatın. İşlemciyle hizmet denemek içindir.</translation>
    </message>
    <message>
        <source>Install the engine again with the accelerator `cuda`.</source>
        <translation>Motoru `cuda` hızlandırıcısıyla yeniden kurun.</translation>
    </message>
    <message>
        <source>Install the engine again, or give --model a path.</source>
        <translation>Motoru yeniden kurun ya da --model ile bir yol verin.</translation>
    </message>
    <message>
        <source>Install the engine again, or leave --embedding-model out.</source>
        <translation>Motoru yeniden kurun veya --embedding-model seçeneğini kullanmayın.</translation>
    </message>
    <message>
        <source>Install the engine again, or update the launcher.</source>
        <translation>Motoru yeniden kurun ya da başlatıcıyı güncelleyin.</translation>
    </message>
    <message>
        <source>Install the engine again, then try once more.</source>
        <translation>Motoru yeniden kurun, sonra bir kez daha deneyin.</translation>
    </message>
    <message>
        <source>Install the engine again.</source>
        <translation>Motoru yeniden kurun.</translation>
    </message>
    <message>
        <source>Install the package {package} again.</source>
        <translation>{package} paketini yeniden kurun.</translation>
    </message>
    <message>
        <source>Installed: {location}.</source>
        <translation>Kurulu: {location}.</translation>
    </message>
    <message>
        <source>Installing the engine.</source>
        <translation>Motor kuruluyor.</translation>
    </message>
    <message>
        <source>It begins with -----BEGIN {block}----- and ends with -----END {block}-----.</source>
        <translation>-----BEGIN {block}----- ile başlar, -----END {block}----- ile biter.</translation>
    </message>
    <message>
        <source>It came into no block in time; nothing was spent.</source>
        <translation>Süresi içinde hiçbir bloğa girmedi; hiçbir şey harcanmadı.</translation>
    </message>
    <message>
        <source>It can keep the wallet&apos;s unlock key, if you want that.</source>
        <translation>İsterseniz cüzdanın açma anahtarını saklayabilir.</translation>
    </message>
    <message>
        <source>It can spend this much of your coins on fees.</source>
        <translation>Paranızın bu kadarını ücretlere harcayabilir.</translation>
    </message>
    <message>
        <source>It could not be read ({name}).</source>
        <translation>Okunamadı ({name}).</translation>
    </message>
    <message>
        <source>It did not record: {names}.</source>
        <translation>Kaydetmediği: {names}.</translation>
    </message>
    <message>
        <source>It does not answer.</source>
        <translation>Yanıt vermiyor.</translation>
    </message>
    <message>
        <source>It does not answer; it may be waiting for you in another window.</source>
        <translation>Yanıt vermiyor; başka bir pencerede sizi bekliyor olabilir.</translation>
    </message>
    <message>
        <source>It is locked.</source>
        <translation>Kilitli.</translation>
    </message>
    <message>
        <source>It is not opened, so that it can take neither memory nor time.</source>
        <translation>Bellek ya da zaman harcamasın diye açılmıyor.</translation>
    </message>
    <message>
        <source>It is over on {day}. Unstaking is possible now.</source>
        <translation>{day} günü biter. Çözmek şimdi de olur.</translation>
    </message>
    <message>
        <source>It is started again (loss {losses} of {most}).</source>
        <translation>Yeniden başlatılıyor ({most} kaybın {losses}. olanı).</translation>
    </message>
    <message>
        <source>It is started again.</source>
        <translation>Yeniden başlatılıyor.</translation>
    </message>
    <message>
        <source>It is tried again by itself.</source>
        <translation>Kendiliğinden yeniden denenir.</translation>
    </message>
    <message>
        <source>It is tried again.</source>
        <translation>Yeniden deneniyor.</translation>
    </message>
    <message>
        <source>It may run another version; update this program.</source>
        <translation>Başka bir sürüm çalıştırıyor olabilir; bu programı güncelleyin.</translation>
    </message>
    <message>
        <source>It refuses access.</source>
        <translation>Erişimi reddediyor.</translation>
    </message>
    <message>
        <source>Its last words: {last}</source>
        <translation>Son sözleri: {last}</translation>
    </message>
    <message>
        <source>Its last words: {words}</source>
        <translation>Son sözleri: {words}</translation>
    </message>
    <message>
        <source>Its log has the details; please report them.</source>
        <translation>Ayrıntılar günlüğünde; lütfen bildirin.</translation>
    </message>
    <message>
        <source>JSON of another shape</source>
        <translation>başka biçimde bir JSON</translation>
    </message>
    <message>
        <source>Known are argon2 and bcrypt.</source>
        <translation>Bilinenler argon2 ve bcrypt.</translation>
    </message>
    <message>
        <source>Known: {names}.</source>
        <translation>Bilinenler: {names}.</translation>
    </message>
    <message>
        <source>Leave --network-key out, or give the file of a signed profile.</source>
        <translation>--network-key&apos;i bırakın ya da imzalı bir profil dosyası verin.</translation>
    </message>
    <message>
        <source>Let another account act for you</source>
        <translation>Başka bir hesap sizin adınıza davransın</translation>
    </message>
    <message>
        <source>Let the system set its time from the network.</source>
        <translation>Sistem saatini ağdan ayarlasın.</translation>
    </message>
    <message>
        <source>Let the user into the group that owns /dev/nvidia0, often `video` or `render`, and sign in again.</source>
        <translation>Kullanıcıyı /dev/nvidia0&apos;ın sahibi olan gruba (çoğu zaman `video` ya da `render`) ekleyin ve yeniden oturum açın.</translation>
    </message>
    <message>
        <source>Let the user into the group that owns /dev/nvidia0, often `video` or `render`.</source>
        <translation>Kullanıcıyı /dev/nvidia0 dosyasının grubuna alın; bu çoğu zaman `video` veya `render` olur.</translation>
    </message>
    <message>
        <source>Local connections</source>
        <translation>Yerel bağlantılar</translation>
    </message>
    <message>
        <source>Look at its log; run its command by hand to see what it needs.</source>
        <translation>Günlüğüne bakın; neye gereksinimi olduğunu görmek için komutunu elle çalıştırın.</translation>
    </message>
    <message>
        <source>Look at the free space and at the folder&apos;s permissions.</source>
        <translation>Boş alana ve klasörün izinlerine bakın.</translation>
    </message>
    <message>
        <source>Look at the history, then try again.</source>
        <translation>Geçmişe bakın, sonra yeniden deneyin.</translation>
    </message>
    <message>
        <source>Look at the network&apos;s gas price again.</source>
        <translation>Ağın gaz fiyatına yeniden bakın.</translation>
    </message>
    <message>
        <source>Look for a missing or doubled word.</source>
        <translation>Eksik ya da yinelenmiş bir sözcük arayın.</translation>
    </message>
    <message>
        <source>Look into the antivirus&apos;s quarantine, and allow the folder {folder}.</source>
        <translation>Antivirüsün karantinasına bakın ve {folder} klasörüne izin verin.</translation>
    </message>
    <message>
        <source>Looking for the engine.</source>
        <translation>Motor aranıyor.</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Bakılıyor…</translation>
    </message>
    <message>
        <source>Make a new grant for this node in the wallet.</source>
        <translation>Cüzdanda bu düğüm için yeni bir yetki oluşturun.</translation>
    </message>
    <message>
        <source>Make a new grant with the wallet that owns this node.</source>
        <translation>Bu düğümün sahibi olan cüzdanla yeni bir yetki oluşturun.</translation>
    </message>
    <message>
        <source>Making the wallet…</source>
        <translation>Cüzdan oluşturuluyor…</translation>
    </message>
    <message>
        <source>Mend the file, or leave it out; `assets/models.json` shows the form.</source>
        <translation>Dosyayı düzeltin veya kullanmayın; biçimi `assets/models.json` gösterir.</translation>
    </message>
    <message>
        <source>Mind Caps Lock and the keyboard layout.</source>
        <translation>Caps Lock&apos;a ve klavye düzenine dikkat edin.</translation>
    </message>
    <message>
        <source>Models and updates need space soon: free some.</source>
        <translation>Modeller ve güncellemeler yakında yer ister: yer açın.</translation>
    </message>
    <message>
        <source>Move a stake of {amount}</source>
        <translation>{amount} stake taşı</translation>
    </message>
    <message>
        <source>Move the file away to start a new one; nothing on the chain is lost.</source>
        <translation>Yenisine başlamak için dosyayı başka yere taşıyın; zincirde hiçbir şey kaybolmaz.</translation>
    </message>
    <message>
        <source>NVIDIA driver {version} works.</source>
        <translation>NVIDIA sürücüsü {version} çalışıyor.</translation>
    </message>
    <message>
        <source>Name the gateway&apos;s address first, such as https://gateway.example.org.</source>
        <translation>Önce ağ geçidinin adresini verin; örneğin https://gateway.example.org.</translation>
    </message>
    <message>
        <source>No GPU answers any more; restart the computer if none comes back.</source>
        <translation>Artık hiçbir GPU yanıt vermiyor; geri gelen olmazsa bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>No GPU of this computer can be used ({reasons}).</source>
        <translation>Bu bilgisayardaki hiçbir GPU kullanılamıyor ({reasons}).</translation>
    </message>
    <message>
        <source>No NVIDIA driver was found on this computer; install it to use an NVIDIA GPU.</source>
        <translation>Bu bilgisayarda NVIDIA sürücüsü bulunamadı; bir NVIDIA GPU&apos;su kullanmak için kurun.</translation>
    </message>
    <message>
        <source>No download is paused.</source>
        <translation>Duraklatılmış bir indirme yok.</translation>
    </message>
    <message>
        <source>No file of the engine is missing.</source>
        <translation>Motorun eksik dosyası yok.</translation>
    </message>
    <message>
        <source>No model can be asked yet.</source>
        <translation>Henüz sorulabilecek model yok.</translation>
    </message>
    <message>
        <source>No model is being downloaded.</source>
        <translation>Şu anda indirilen bir model yok.</translation>
    </message>
    <message>
        <source>No node began to answer in time. Try again in a moment.</source>
        <translation>Hiçbir düğüm zamanında yanıtlamaya başlamadı. Birazdan yeniden deneyin.</translation>
    </message>
    <message>
        <source>No node can say what became of it. Look it up by its hash before you pay again.</source>
        <translation>Ne olduğunu hiçbir düğüm söyleyemiyor. Yeniden ödemeden önce özetiyle (hash) arayın.</translation>
    </message>
    <message>
        <source>No node of the network answers ({reason}).</source>
        <translation>Ağın hiçbir düğümü yanıt vermiyor ({reason}).</translation>
    </message>
    <message>
        <source>No node serves right now. Switch Serving on, or try again in a moment.</source>
        <translation>Şu anda hizmet veren düğüm yok. Hizmet&apos;i açın ya da birazdan yeniden deneyin.</translation>
    </message>
    <message>
        <source>No node serves this adapter. Choose another one.</source>
        <translation>Bu adaptörü sunan düğüm yok. Başka birini seçin.</translation>
    </message>
    <message>
        <source>No node serves this model. Choose another one.</source>
        <translation>Bu modeli sunan düğüm yok. Başka birini seçin.</translation>
    </message>
    <message>
        <source>No usable GPU was found: serving on the CPU, which is slow.</source>
        <translation>Kullanılabilir GPU bulunamadı: yavaş olan işlemciyle hizmet veriliyor.</translation>
    </message>
    <message>
        <source>No usable GPU was found: starting on the CPU.</source>
        <translation>Kullanılabilir GPU bulunamadı: işlemciyle başlatılıyor.</translation>
    </message>
    <message>
        <source>No usable GPU.</source>
        <translation>Kullanılabilir GPU yok.</translation>
    </message>
    <message>
        <source>No usable GPU: CUDA_VISIBLE_DEVICES is empty, which hides all of them.</source>
        <translation>Kullanılabilir GPU yok: CUDA_VISIBLE_DEVICES boş, bu da hepsini gizler.</translation>
    </message>
    <message>
        <source>No usable GPU: exactly one has to be called {names}, and it is not so.</source>
        <translation>Kullanılabilir GPU yok: tam olarak bir tanesinin adı {names} olmalı, ama öyle değil.</translation>
    </message>
    <message>
        <source>No usable GPU: the NVIDIA driver answers with an error ({cause}).</source>
        <translation>Kullanılabilir GPU yok: NVIDIA sürücüsü hatayla yanıt veriyor ({cause}).</translation>
    </message>
    <message>
        <source>No usable GPU: the NVIDIA driver does not answer ({cause}).</source>
        <translation>Kullanılabilir GPU yok: NVIDIA sürücüsü yanıt vermiyor ({cause}).</translation>
    </message>
    <message>
        <source>No usable GPU: the NVIDIA driver is installed but not running.</source>
        <translation>Kullanılabilir GPU yok: NVIDIA sürücüsü kurulu ama çalışmıyor.</translation>
    </message>
    <message>
        <source>No usable GPU: the NVIDIA driver is not installed on this computer.</source>
        <translation>Kullanılabilir GPU yok: bu bilgisayarda NVIDIA sürücüsü kurulu değil.</translation>
    </message>
    <message>
        <source>No usable GPU: the NVIDIA driver was updated and the running part is still the old one.</source>
        <translation>Kullanılabilir GPU yok: NVIDIA sürücüsü güncellendi, çalışan bölümü hâlâ eskisi.</translation>
    </message>
    <message>
        <source>No usable GPU: this user may not use the NVIDIA driver.</source>
        <translation>Kullanılabilir GPU yok: bu kullanıcının NVIDIA sürücüsünü kullanma izni yok.</translation>
    </message>
    <message>
        <source>Nothing needs to be done.</source>
        <translation>Bir şey yapmak gerekmiyor.</translation>
    </message>
    <message>
        <source>Only a newer card helps.</source>
        <translation>Yalnızca daha yeni bir kart çözer.</translation>
    </message>
    <message>
        <source>Only serving has a plan.</source>
        <translation>Yalnızca hizmetin planı var.</translation>
    </message>
    <message>
        <source>Only {available} of {total} available.</source>
        <translation>{total} içinden yalnızca {available} kullanılabilir.</translation>
    </message>
    <message>
        <source>Only {free} free.</source>
        <translation>Yalnızca {free} boş.</translation>
    </message>
    <message>
        <source>Only {free} free; {needed} are needed.</source>
        <translation>Yalnızca {free} boş; {needed} gerekli.</translation>
    </message>
    <message>
        <source>Open the clock&apos;s settings</source>
        <translation>Saat ayarlarını aç</translation>
    </message>
    <message>
        <source>Open the data folder</source>
        <translation>Veri klasörünü aç</translation>
    </message>
    <message>
        <source>Open the network&apos;s settings</source>
        <translation>Ağ ayarlarını aç</translation>
    </message>
    <message>
        <source>Opening the export needs 64 MiB of free memory.</source>
        <translation>Dışa aktarımı açmak 64 MiB boş bellek ister.</translation>
    </message>
    <message>
        <source>Opening the wallet…</source>
        <translation>Cüzdan açılıyor…</translation>
    </message>
    <message>
        <source>Pay another account&apos;s fees</source>
        <translation>Başka bir hesabın ücretlerini öde</translation>
    </message>
    <message>
        <source>Pickled weights (.bin, .pt) can run any program while they load. Get the model in another format.</source>
        <translation>Pickle biçimindeki ağırlıklar (.bin, .pt) yüklenirken herhangi bir programı çalıştırabilir. Modeli başka biçimde edinin.</translation>
    </message>
    <message>
        <source>Put the server&apos;s API key into its first line, readable for you alone.</source>
        <translation>Sunucunun API anahtarını ilk satırına yazın; dosyayı yalnızca siz okuyabilin.</translation>
    </message>
    <message>
        <source>PyTorch does not see the GPU {name} ({uuid}).</source>
        <translation>PyTorch, {name} GPU&apos;sunu görmüyor ({uuid}).</translation>
    </message>
    <message>
        <source>PyTorch {version} has no kernels for {capability}; the driver compiles them at first use</source>
        <translation>PyTorch {version} içinde {capability} için çekirdek yok; sürücü bunları ilk kullanımda derler</translation>
    </message>
    <message>
        <source>Python {version} is not supported.</source>
        <translation>Python {version} desteklenmiyor.</translation>
    </message>
    <message>
        <source>Receive some coins first.</source>
        <translation>Önce biraz para alın.</translation>
    </message>
    <message>
        <source>Recorded: reading the weights</source>
        <translation>Kayıttan: ağırlıklar okunuyor</translation>
    </message>
    <message>
        <source>Recorded: warming up</source>
        <translation>Kayıttan: ısınıyor</translation>
    </message>
    <message>
        <source>Refused by the network; nothing was spent.</source>
        <translation>Ağ tarafından geri çevrildi; hiçbir şey harcanmadı.</translation>
    </message>
    <message>
        <source>Register as {roles}</source>
        <translation>Şu rolle kaydol: {roles}</translation>
    </message>
    <message>
        <source>Register both roles.</source>
        <translation>Her iki rolü de kaydedin.</translation>
    </message>
    <message>
        <source>Registering locks no coins. Your stake is what you have delegated to a validator, and gateways look at that.</source>
        <translation>Kayıt hiçbir coin&apos;i kilitlemez. Stake&apos;iniz bir doğrulayıcıya devrettiğiniz tutardır; ağ geçitleri ona bakar.</translation>
    </message>
    <message>
        <source>Registering with the gateway.</source>
        <translation>Ağ geçidine kaydolunuyor.</translation>
    </message>
    <message>
        <source>Remove wallets from it.</source>
        <translation>İçinden cüzdan çıkarın.</translation>
    </message>
    <message>
        <source>Removing the wallet…</source>
        <translation>Cüzdan kaldırılıyor…</translation>
    </message>
    <message>
        <source>Restart the computer and check the card&apos;s power.</source>
        <translation>Bilgisayarı yeniden başlatın ve kartın güç bağlantısını denetleyin.</translation>
    </message>
    <message>
        <source>Restart the computer.</source>
        <translation>Bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>Restart the computer. Serving goes on by itself then.</source>
        <translation>Bilgisayarı yeniden başlatın. Hizmet sonra kendiliğinden sürer.</translation>
    </message>
    <message>
        <source>Restart the computer; if it happens again, have the card replaced.</source>
        <translation>Bilgisayarı yeniden başlatın; yinelenirse kartı değiştirtin.</translation>
    </message>
    <message>
        <source>Restart the computer; if that does not help, install the driver again.</source>
        <translation>Bilgisayarı yeniden başlatın; işe yaramazsa sürücüyü yeniden kurun.</translation>
    </message>
    <message>
        <source>Restart the computer; nothing else helps.</source>
        <translation>Bilgisayarı yeniden başlatın; başka çare yok.</translation>
    </message>
    <message>
        <source>Restart the engine; `r3mes-engine check` tells the state of each GPU.</source>
        <translation>Motoru yeniden başlatın; `r3mes-engine check` her GPU&apos;nun durumunu söyler.</translation>
    </message>
    <message>
        <source>Restarting the computer frees it.</source>
        <translation>Bilgisayarı yeniden başlatmak onu serbest bırakır.</translation>
    </message>
    <message>
        <source>Restore it from its words to spend from it.</source>
        <translation>Ondan harcamak için sözcüklerinden geri yükleyin.</translation>
    </message>
    <message>
        <source>Restore its backup.</source>
        <translation>Yedeğini geri yükleyin.</translation>
    </message>
    <message>
        <source>Restoring the backup…</source>
        <translation>Yedek geri yükleniyor…</translation>
    </message>
    <message>
        <source>Restoring the wallet…</source>
        <translation>Cüzdan geri yükleniyor…</translation>
    </message>
    <message>
        <source>Rewards so far are paid out at once.</source>
        <translation>O ana kadarki ödüller hemen ödenir.</translation>
    </message>
    <message>
        <source>Rewards so far are paid out.</source>
        <translation>Şimdiye kadarki ödüller ödenir.</translation>
    </message>
    <message>
        <source>Roles are {names}.</source>
        <translation>Roller: {names}.</translation>
    </message>
    <message>
        <source>Run the doctor again in a moment.</source>
        <translation>Doktoru birazdan yeniden çalıştırın.</translation>
    </message>
    <message>
        <source>Say which wallet, by name or address; there are: {names}.</source>
        <translation>Hangi cüzdan olduğunu ad ya da adresle belirtin; olanlar: {names}.</translation>
    </message>
    <message>
        <source>See the GPUs page for the driver&apos;s state. To try R3MES without a GPU, choose the CPU, which is slow.</source>
        <translation>Sürücünün durumu için GPU&apos;lar sayfasına bakın. R3MES&apos;i GPU&apos;suz denemek için yavaş olan işlemciyi seçin.</translation>
    </message>
    <message>
        <source>See the log for the cause, then try again.</source>
        <translation>Nedeni için günlüğe bakın, sonra yeniden deneyin.</translation>
    </message>
    <message>
        <source>See the log for the setting that is wrong.</source>
        <translation>Yanlış olan ayar için günlüğe bakın.</translation>
    </message>
    <message>
        <source>See the log.</source>
        <translation>Günlüğe bakın.</translation>
    </message>
    <message>
        <source>Send it again.</source>
        <translation>Yeniden gönderin.</translation>
    </message>
    <message>
        <source>Send less, or receive some first.</source>
        <translation>Daha az gönderin ya da önce biraz alın.</translation>
    </message>
    <message>
        <source>Send the signed revocation to its operator.</source>
        <translation>İmzalı geri almayı işletmecisine gönderin.</translation>
    </message>
    <message>
        <source>Send {amount}</source>
        <translation>{amount} gönder</translation>
    </message>
    <message>
        <source>Sent; no node has confirmed it yet. It is sent again by itself, and can&apos;t be paid twice.</source>
        <translation>Gönderildi; henüz hiçbir düğüm onaylamadı. Kendiliğinden yeniden gönderilir ve iki kez ödenemez.</translation>
    </message>
    <message>
        <source>Show the GPUs</source>
        <translation>GPU&apos;ları göster</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Günlüğü göster</translation>
    </message>
    <message>
        <source>Signed; not sent yet.</source>
        <translation>İmzalandı; henüz gönderilmedi.</translation>
    </message>
    <message>
        <source>Stake {amount}</source>
        <translation>{amount} stake et</translation>
    </message>
    <message>
        <source>Stake {amount} again</source>
        <translation>{amount} yeniden stake et</translation>
    </message>
    <message>
        <source>Staked coins can be spent only {days} after you unstake them, and can be slashed.</source>
        <translation>Stake edilen paralar çözüldükten ancak {days} sonra harcanabilir ve cezayla kesilebilir.</translation>
    </message>
    <message>
        <source>Start R3MES by its installer, or set {variable} to a Python that has the engine.</source>
        <translation>R3MES&apos;i kurucusuyla başlatın ya da {variable} değişkenini motoru olan bir Python&apos;a ayarlayın.</translation>
    </message>
    <message>
        <source>Start again, or choose another model.</source>
        <translation>Yeniden başlatın veya başka bir model seçin.</translation>
    </message>
    <message>
        <source>Starting the engine.</source>
        <translation>Motor başlatılıyor.</translation>
    </message>
    <message>
        <source>Stop paying another account&apos;s fees</source>
        <translation>Başka bir hesabın ücretlerini ödemeyi bırak</translation>
    </message>
    <message>
        <source>Stopping the engine.</source>
        <translation>Motor durduruluyor.</translation>
    </message>
    <message>
        <source>Switch Serving on</source>
        <translation>Hizmet&apos;i aç</translation>
    </message>
    <message>
        <source>Switch Serving on once: the node makes its key at its first start.</source>
        <translation>Hizmet&apos;i bir kez açın: düğüm anahtarını ilk başlayışında oluşturur.</translation>
    </message>
    <message>
        <source>Switching Serving on installs it first; it can be interrupted and repeated.</source>
        <translation>Hizmet&apos;i açmak önce onu kurar; yarıda kesilip yinelenebilir.</translation>
    </message>
    <message>
        <source>System keyring</source>
        <translation>Sistem anahtarlığı</translation>
    </message>
    <message>
        <source>System library</source>
        <translation>Sistem kitaplığı</translation>
    </message>
    <message>
        <source>Take a permission back</source>
        <translation>Bir izni geri al</translation>
    </message>
    <message>
        <source>That is more than is staked there.</source>
        <translation>Bu, orada stake edilenden fazla.</translation>
    </message>
    <message>
        <source>That is more than this unstaking holds.</source>
        <translation>Bu, o çözmedeki tutardan fazla.</translation>
    </message>
    <message>
        <source>That is more than you have staked with this validator.</source>
        <translation>Bu, bu doğrulayıcıdaki stake&apos;inizden fazla.</translation>
    </message>
    <message>
        <source>That is no conversation&apos;s name.</source>
        <translation>Bu bir konuşma adı değil.</translation>
    </message>
    <message>
        <source>The GPU&apos;s memory had an error that could not be corrected.</source>
        <translation>GPU&apos;nun belleğinde düzeltilemeyen bir hata oldu.</translation>
    </message>
    <message>
        <source>The GPUs could not be read ({name}).</source>
        <translation>GPU&apos;lar okunamadı ({name}).</translation>
    </message>
    <message>
        <source>The NVIDIA driver does not work (error {value}, {name}); restart the computer if it stays.</source>
        <translation>NVIDIA sürücüsü çalışmıyor (hata {value}, {name}); sürerse bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>The NVIDIA driver finds no GPU in this computer.</source>
        <translation>NVIDIA sürücüsü bu bilgisayarda GPU bulamıyor.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is installed but not running; restart the computer, or install the driver again.</source>
        <translation>NVIDIA sürücüsü kurulu ama çalışmıyor; bilgisayarı yeniden başlatın ya da sürücüyü yeniden kurun.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is not installed, or not running.</source>
        <translation>NVIDIA sürücüsü kurulu değil ya da çalışmıyor.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is too old to be asked; install a newer one.</source>
        <translation>NVIDIA sürücüsü sorulamayacak kadar eski; daha yenisini kurun.</translation>
    </message>
    <message>
        <source>The NVIDIA driver was updated and its old version still runs; restart the computer.</source>
        <translation>NVIDIA sürücüsü güncellendi ama eski sürümü hâlâ çalışıyor; bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>The NVIDIA driver works but finds no GPU; check that the card is seated and has power.</source>
        <translation>NVIDIA sürücüsü çalışıyor ama GPU bulamıyor; kartın yerine oturduğunu ve güç aldığını denetleyin.</translation>
    </message>
    <message>
        <source>The X server, or its library libxcb, does not tell the idle time.</source>
        <translation>X sunucusu ya da libxcb kitaplığı boşta kalma süresini bildirmiyor.</translation>
    </message>
    <message>
        <source>The account has no credits left.</source>
        <translation>Hesapta kredi kalmadı.</translation>
    </message>
    <message>
        <source>The account that pays the fee allows less than this fee.</source>
        <translation>Ücreti ödeyen hesap bu ücretten azına izin veriyor.</translation>
    </message>
    <message>
        <source>The account that pays the fee does not allow it for this kind of transaction.</source>
        <translation>Ücreti ödeyen hesap bu tür işleme izin vermiyor.</translation>
    </message>
    <message>
        <source>The adapter {name} is damaged: its adapter_config.json is no JSON object.</source>
        <translation>{name} adaptörü bozuk: adapter_config.json dosyası bir JSON nesnesi değil.</translation>
    </message>
    <message>
        <source>The address book holds at most {max_contacts} entries.</source>
        <translation>Adres defteri en çok {max_contacts} kayıt tutar.</translation>
    </message>
    <message>
        <source>The address is not this public key&apos;s.</source>
        <translation>Adres bu açık anahtarın değil.</translation>
    </message>
    <message>
        <source>The allocations have to be one a role, in the order of the roles.</source>
        <translation>Paylar her rol için bir tane ve rollerin sırasında olmalıdır.</translation>
    </message>
    <message>
        <source>The allowance is for no message at all.</source>
        <translation>Ödenek hiçbir mesaj için geçerli değil.</translation>
    </message>
    <message>
        <source>The allowance&apos;s period is not a time.</source>
        <translation>Ödeneğin dönemi bir süre değil.</translation>
    </message>
    <message>
        <source>The amount is zero.</source>
        <translation>Tutar sıfır.</translation>
    </message>
    <message>
        <source>The answer broke off: the gateway closed the connection before its end. Try again.</source>
        <translation>Yanıt yarıda kesildi: ağ geçidi bağlantıyı bitmeden kapattı. Yeniden deneyin.</translation>
    </message>
    <message>
        <source>The answer did not end where it had to, so it was cut off.</source>
        <translation>Yanıt bitmesi gereken yerde bitmedi, bu yüzden kesildi.</translation>
    </message>
    <message>
        <source>The answer of {origin} is too long.</source>
        <translation>{origin} yanıtı çok uzun.</translation>
    </message>
    <message>
        <source>The catalogue {path} {problem}.</source>
        <translation>Katalog {path}: {problem}.</translation>
    </message>
    <message>
        <source>The chain did not accept the signature: the chain id or the account number was another.</source>
        <translation>Zincir imzayı kabul etmedi: zincir kimliği ya da hesap numarası başkaydı.</translation>
    </message>
    <message>
        <source>The chain does not know the account that pays the fee.</source>
        <translation>Zincir ücreti ödeyen hesabı tanımıyor.</translation>
    </message>
    <message>
        <source>The chain does not know this wallet yet, because it has never received anything.</source>
        <translation>Zincir bu cüzdanı henüz tanımıyor, çünkü hiç para almadı.</translation>
    </message>
    <message>
        <source>The chain does not understand this transaction.</source>
        <translation>Zincir bu işlemi anlamıyor.</translation>
    </message>
    <message>
        <source>The chain has no record of what this needs: there is no such permission to pay fees.</source>
        <translation>Zincirde bunun gerektirdiği kayıt yok: böyle bir ücret ödeme izni bulunmuyor.</translation>
    </message>
    <message>
        <source>The chain has no registration for this node, although the transaction was included.</source>
        <translation>İşlem bloğa girdiği hâlde zincirde bu düğüm için kayıt yok.</translation>
    </message>
    <message>
        <source>The chain id is missing or not a chain&apos;s name.</source>
        <translation>Zincir kimliği eksik ya da bir zincir adı değil.</translation>
    </message>
    <message>
        <source>The chain names no minimum stake of its own; these are the network profile&apos;s.</source>
        <translation>Zincir kendi en düşük stake tutarını bildirmiyor; bunlar ağ profilininkiler.</translation>
    </message>
    <message>
        <source>The chain recorded nothing of it.</source>
        <translation>Zincir bundan hiçbir şey kaydetmedi.</translation>
    </message>
    <message>
        <source>The chain recorded: {names}.</source>
        <translation>Zincirin kaydettiği: {names}.</translation>
    </message>
    <message>
        <source>The chain refused ({name}): {reason}</source>
        <translation>Zincir reddetti ({name}): {reason}</translation>
    </message>
    <message>
        <source>The chain says that an address is malformed.</source>
        <translation>Zincir bir adresin bozuk olduğunu söylüyor.</translation>
    </message>
    <message>
        <source>The chain says that an amount of coins is not valid.</source>
        <translation>Zincir bir para tutarının geçersiz olduğunu söylüyor.</translation>
    </message>
    <message>
        <source>The chain says that the request is not valid.</source>
        <translation>Zincir isteğin geçersiz olduğunu söylüyor.</translation>
    </message>
    <message>
        <source>The chain&apos;s answer holds an amount that is not a decimal number.</source>
        <translation>Zincirin yanıtında ondalık sayı olmayan bir tutar var.</translation>
    </message>
    <message>
        <source>The chain&apos;s minimum stake is not a number; these are the network profile&apos;s.</source>
        <translation>Zincirin en düşük stake tutarı bir sayı değil; bunlar ağ profilininkiler.</translation>
    </message>
    <message>
        <source>The chain&apos;s parameter asks for {minimum} {denom}, a coin that this network does not stake; these are the network profile&apos;s.</source>
        <translation>Zincirin parametresi {minimum} {denom} istiyor; bu ağ bu parayı stake etmez. Buradakiler ağ profilinindir.</translation>
    </message>
    <message>
        <source>The coins are locked for {days}, earn nothing, and can still be slashed.</source>
        <translation>Paralar {days} kilitli kalır, kazanç getirmez ve yine de cezayla kesilebilir.</translation>
    </message>
    <message>
        <source>The coins are locked for {span}, until {day}, and earn nothing meanwhile.</source>
        <translation>Paralar {span} boyunca, {day} gününe kadar kilitli kalır ve bu sürede kazanç getirmez.</translation>
    </message>
    <message>
        <source>The coins have to be sorted by name, each once, and at least one.</source>
        <translation>Paralar ada göre sıralı, her biri bir kez ve en az bir tane olmalıdır.</translation>
    </message>
    <message>
        <source>The conversation can&apos;t be deleted: {cause}.</source>
        <translation>Sohbet silinemiyor: {cause}.</translation>
    </message>
    <message>
        <source>The conversation can&apos;t be kept: {cause}.</source>
        <translation>Sohbet saklanamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The conversation is too long for this model. Start a new one.</source>
        <translation>Konuşma bu model için çok uzun. Yenisine başlayın.</translation>
    </message>
    <message>
        <source>The data folder {folder} can&apos;t be used: {cause}. Set {variable} to a folder that you may write to.</source>
        <translation>{folder} veri klasörü kullanılamıyor: {cause}. {variable} değişkenini yazabileceğiniz bir klasöre ayarlayın.</translation>
    </message>
    <message>
        <source>The declared stake is zero.</source>
        <translation>Bildirilen stake sıfır.</translation>
    </message>
    <message>
        <source>The demo changes nothing on this computer.</source>
        <translation>Demo bu bilgisayarda hiçbir şeyi değiştirmez.</translation>
    </message>
    <message>
        <source>The demo&apos;s GPUs are made up.</source>
        <translation>Demodaki GPU&apos;lar uydurmadır.</translation>
    </message>
    <message>
        <source>The demo&apos;s chain</source>
        <translation>Demonun zinciri</translation>
    </message>
    <message>
        <source>The demo&apos;s engine is a part of the launcher.</source>
        <translation>Demonun motoru başlatıcının bir parçasıdır.</translation>
    </message>
    <message>
        <source>The demo&apos;s recording can&apos;t be read ({why}). Install R3MES again.</source>
        <translation>Demonun kaydı okunamıyor ({why}). R3MES&apos;i yeniden kurun.</translation>
    </message>
    <message>
        <source>The demo&apos;s recording is damaged ({why}). Install R3MES again.</source>
        <translation>Demonun kaydı bozuk ({why}). R3MES&apos;i yeniden kurun.</translation>
    </message>
    <message>
        <source>The demo&apos;s recording is larger than any is. Install R3MES again.</source>
        <translation>Demonun kaydı olabileceğinden büyük. R3MES&apos;i yeniden kurun.</translation>
    </message>
    <message>
        <source>The demo&apos;s recording is of another version. Install R3MES again.</source>
        <translation>Demonun kaydı başka bir sürüme ait. R3MES&apos;i yeniden kurun.</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>Disk dolu.</translation>
    </message>
    <message>
        <source>The disk is full: {name} does not fit in {folder}.</source>
        <translation>Disk dolu: {name}, {folder} içine sığmıyor.</translation>
    </message>
    <message>
        <source>The disk may be busy or full. Try again; nothing was lost.</source>
        <translation>Disk meşgul ya da dolu olabilir. Yeniden deneyin; hiçbir şey kaybolmadı.</translation>
    </message>
    <message>
        <source>The doctor&apos;s report can&apos;t be read.</source>
        <translation>Doktorun raporu okunamıyor.</translation>
    </message>
    <message>
        <source>The download of {name} is paused</source>
        <translation>{name} indirmesi duraklatıldı</translation>
    </message>
    <message>
        <source>The download of {name} was cancelled.</source>
        <translation>{name} indirmesi iptal edildi.</translation>
    </message>
    <message>
        <source>The driver answers with an error.</source>
        <translation>Sürücü hatayla yanıt veriyor.</translation>
    </message>
    <message>
        <source>The driver does not tell how much memory there is.</source>
        <translation>Sürücü ne kadar bellek olduğunu bildirmiyor.</translation>
    </message>
    <message>
        <source>The driver has not answered yet.</source>
        <translation>Sürücü henüz yanıt vermedi.</translation>
    </message>
    <message>
        <source>The driver sees no NVIDIA GPU.</source>
        <translation>Sürücü NVIDIA GPU görmüyor.</translation>
    </message>
    <message>
        <source>The driver was updated and the old one still runs.</source>
        <translation>Sürücü güncellendi ve eskisi hâlâ çalışıyor.</translation>
    </message>
    <message>
        <source>The embedded model is missing: there is no {path}.</source>
        <translation>Gömülü model eksik: {path} yok.</translation>
    </message>
    <message>
        <source>The embedded model is not installed: the package {package} is missing.</source>
        <translation>Yerleşik model kurulu değil: {package} paketi eksik.</translation>
    </message>
    <message>
        <source>The embedded model {name} is damaged.</source>
        <translation>Gömülü model {name} bozuk.</translation>
    </message>
    <message>
        <source>The embedding model in {folder} can&apos;t be loaded: {cause}.</source>
        <translation>{folder} içindeki gömme modeli yüklenemiyor: {cause}.</translation>
    </message>
    <message>
        <source>The engine can&apos;t be ended, not even by force; it hangs in the system, perhaps in the GPU&apos;s driver.</source>
        <translation>Motor zorla bile sonlandırılamıyor; sistemde, belki GPU sürücüsünde takılı.</translation>
    </message>
    <message>
        <source>The engine can&apos;t go on.</source>
        <translation>Motor devam edemiyor.</translation>
    </message>
    <message>
        <source>The engine can&apos;t use its configuration.</source>
        <translation>Motor yapılandırmasını kullanamıyor.</translation>
    </message>
    <message>
        <source>The engine did not understand how the launcher started it: the two are of different versions.</source>
        <translation>Motor, başlatıcının onu nasıl başlattığını anlamadı: ikisinin sürümleri farklı.</translation>
    </message>
    <message>
        <source>The engine does not listen. Try again in a moment.</source>
        <translation>Motor dinlemiyor. Birazdan yeniden deneyin.</translation>
    </message>
    <message>
        <source>The engine ended {losses} times in a row; the last time it {how}.</source>
        <translation>Motor art arda {losses} kez sona erdi; son seferinde: {how}.</translation>
    </message>
    <message>
        <source>The engine ended.</source>
        <translation>Motor sona erdi.</translation>
    </message>
    <message>
        <source>The engine failed in a way that nobody foresaw ({kind}).</source>
        <translation>Motor, kimsenin öngörmediği bir biçimde durdu ({kind}).</translation>
    </message>
    <message>
        <source>The engine found no GPU that it can use.</source>
        <translation>Motor kullanabileceği bir GPU bulamadı.</translation>
    </message>
    <message>
        <source>The engine is not installed yet.</source>
        <translation>Motor henüz kurulu değil.</translation>
    </message>
    <message>
        <source>The engine is not installed yet. It takes {size} on the disk.</source>
        <translation>Motor henüz kurulu değil. Diskte {size} yer kaplar.</translation>
    </message>
    <message>
        <source>The engine is not installed, and this copy of the launcher comes without the installer.</source>
        <translation>Motor kurulu değil ve başlatıcının bu kopyası kurucusuz geliyor.</translation>
    </message>
    <message>
        <source>The engine starts and can use {name}.</source>
        <translation>Motor başlıyor ve {name} kartını kullanabiliyor.</translation>
    </message>
    <message>
        <source>The engine starts. It uses the CPU, as chosen.</source>
        <translation>Motor başlıyor. Seçildiği gibi işlemciyi kullanıyor.</translation>
    </message>
    <message>
        <source>The engine {how}.</source>
        <translation>Motor: {how}.</translation>
    </message>
    <message>
        <source>The engine {version} speaks version {its} of the control channel, this launcher version {ours}.</source>
        <translation>Motor {version} denetim kanalının {its}. sürümünü konuşuyor, bu başlatıcı {ours}. sürümünü.</translation>
    </message>
    <message>
        <source>The engine&apos;s disk did not answer within {look_s:.0f} s.</source>
        <translation>Motorun diski {look_s:.0f} sn içinde yanıt vermedi.</translation>
    </message>
    <message>
        <source>The engine&apos;s folder {folder} can&apos;t be made: {cause}.</source>
        <translation>Motorun {folder} klasörü oluşturulamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The engine&apos;s program {location} is gone.</source>
        <translation>Motorun {location} programı yok olmuş.</translation>
    </message>
    <message>
        <source>The engine&apos;s program {program} is gone.</source>
        <translation>Motorun {program} programı yok olmuş.</translation>
    </message>
    <message>
        <source>The engine&apos;s self-test did not end within {limit_s:.0f} s.</source>
        <translation>Motorun öz sınaması {limit_s:.0f} sn içinde bitmedi.</translation>
    </message>
    <message>
        <source>The engine&apos;s self-test gave no result.</source>
        <translation>Motorun öz sınaması sonuç vermedi.</translation>
    </message>
    <message>
        <source>The engine&apos;s self-test {outcome} and said nothing that can be read.</source>
        <translation>Motorun öz sınaması okunabilir bir şey söylemeden bitti: {outcome}.</translation>
    </message>
    <message>
        <source>The export holds a key of type {kind}, not secp256k1.</source>
        <translation>Dışa aktarım secp256k1 değil, {kind} türünde bir anahtar içeriyor.</translation>
    </message>
    <message>
        <source>The export is damaged: its checksum is wrong.</source>
        <translation>Dışa aktarım bozuk: sağlama toplamı yanlış.</translation>
    </message>
    <message>
        <source>The export is protected with “{other}”, which this wallet does not read.</source>
        <translation>Dışa aktarım “{other}” ile korunmuş; bu cüzdan onu okumaz.</translation>
    </message>
    <message>
        <source>The export opened, but it holds no secp256k1 key.</source>
        <translation>Dışa aktarım açıldı ama içinde secp256k1 anahtarı yok.</translation>
    </message>
    <message>
        <source>The export&apos;s password can&apos;t hold a NUL character.</source>
        <translation>Dışa aktarım parolası NUL karakteri içeremez.</translation>
    </message>
    <message>
        <source>The export&apos;s password is wrong, or the export is damaged.</source>
        <translation>Dışa aktarım parolası yanlış ya da dışa aktarım bozuk.</translation>
    </message>
    <message>
        <source>The export&apos;s salt is missing or wrong.</source>
        <translation>Dışa aktarımın tuzu eksik ya da yanlış.</translation>
    </message>
    <message>
        <source>The exported file does not hold exactly one wallet.</source>
        <translation>Dışa aktarılan dosya tam olarak bir cüzdan içermiyor.</translation>
    </message>
    <message>
        <source>The faucet does not answer ({name}).</source>
        <translation>Musluk yanıt vermiyor ({name}).</translation>
    </message>
    <message>
        <source>The faucet refused (HTTP {status_code}).</source>
        <translation>Musluk reddetti (HTTP {status_code}).</translation>
    </message>
    <message>
        <source>The fee is lower than this node asks for.</source>
        <translation>Ücret bu düğümün istediğinden düşük.</translation>
    </message>
    <message>
        <source>The fee would be {amount} {display}, more than the limit of {most}.</source>
        <translation>Ücret {amount} {display} olurdu; {most} sınırından fazla.</translation>
    </message>
    <message>
        <source>The fee&apos;s coins have to be sorted by name, each once.</source>
        <translation>Ücretin paraları ada göre sıralı ve her biri bir kez olmalıdır.</translation>
    </message>
    <message>
        <source>The file names an address that its key does not have.</source>
        <translation>Dosya, anahtarının olmayan bir adresi adlandırıyor.</translation>
    </message>
    <message>
        <source>The file {path} is far too large for a wallet file.</source>
        <translation>{path} dosyası bir cüzdan dosyası için çok büyük.</translation>
    </message>
    <message>
        <source>The free space can&apos;t be read ({strerror}).</source>
        <translation>Boş alan okunamıyor ({strerror}).</translation>
    </message>
    <message>
        <source>The gas limit has to be a whole number above zero.</source>
        <translation>Gaz sınırı sıfırdan büyük bir tam sayı olmalıdır.</translation>
    </message>
    <message>
        <source>The gas price is not a decimal number with a coin&apos;s name.</source>
        <translation>Gaz fiyatı, para adıyla bir ondalık sayı değil.</translation>
    </message>
    <message>
        <source>The gateway at {gateway} calls itself {claimed}, so it may not have this node&apos;s signature.</source>
        <translation>{gateway} adresindeki ağ geçidi kendine {claimed} diyor; bu yüzden bu düğümün imzasını alamaz.</translation>
    </message>
    <message>
        <source>The gateway does not accept this node.</source>
        <translation>Ağ geçidi bu düğümü kabul etmiyor.</translation>
    </message>
    <message>
        <source>The gateway does not allow this.</source>
        <translation>Ağ geçidi buna izin vermiyor.</translation>
    </message>
    <message>
        <source>The gateway is being shut down. Try again in a moment.</source>
        <translation>Ağ geçidi kapatılıyor. Birazdan yeniden deneyin.</translation>
    </message>
    <message>
        <source>The gateway is on this computer and has the same clock.</source>
        <translation>Ağ geçidi bu bilgisayarda ve saati aynı.</translation>
    </message>
    <message>
        <source>The gateway is out of reach ({reason}); the engine keeps trying.</source>
        <translation>Ağ geçidine ulaşılamıyor ({reason}); motor denemeyi sürdürüyor.</translation>
    </message>
    <message>
        <source>The gateway met an error of its own. Try again.</source>
        <translation>Ağ geçidi kendi içinde bir hatayla karşılaştı. Yeniden deneyin.</translation>
    </message>
    <message>
        <source>The gateway on this computer does not run yet.</source>
        <translation>Bu bilgisayardaki ağ geçidi henüz çalışmıyor.</translation>
    </message>
    <message>
        <source>The gateway on this computer runs with the launcher, which does not run.</source>
        <translation>Bu bilgisayardaki ağ geçidi başlatıcıyla çalışır; o çalışmıyor.</translation>
    </message>
    <message>
        <source>The gateway refused the request with HTTP status {status}.</source>
        <translation>Ağ geçidi isteği HTTP {status} durumuyla reddetti.</translation>
    </message>
    <message>
        <source>The gateway refused the request: {said}</source>
        <translation>Ağ geçidi isteği reddetti: {said}</translation>
    </message>
    <message>
        <source>The gateway speaks version {version} of the node session, which this engine does not.</source>
        <translation>Ağ geçidi düğüm oturumunun {version} sürümünü konuşuyor; bu motor konuşmuyor.</translation>
    </message>
    <message>
        <source>The gateway wants an API key, which this version can&apos;t give.</source>
        <translation>Ağ geçidi bir API anahtarı istiyor; bu sürüm veremez.</translation>
    </message>
    <message>
        <source>The gateway {gateway} can&apos;t be reached, so it still takes the grant.</source>
        <translation>{gateway} ağ geçidine ulaşılamıyor; yetkiyi hâlâ kabul ediyor.</translation>
    </message>
    <message>
        <source>The gateway {gateway} did not take the revocation (HTTP {status_code}).</source>
        <translation>{gateway} ağ geçidi geri almayı kabul etmedi (HTTP {status_code}).</translation>
    </message>
    <message>
        <source>The gateway {gateway} rejected this node ({code}): {message}</source>
        <translation>{gateway} ağ geçidi bu düğümü geri çevirdi ({code}): {message}</translation>
    </message>
    <message>
        <source>The gateway {how}. It is not started again by itself; see the log.</source>
        <translation>Ağ geçidi: {how}. Kendiliğinden yeniden başlatılmaz; günlüğe bakın.</translation>
    </message>
    <message>
        <source>The gateway {how}. It is started again in {delay:.0f} s.</source>
        <translation>Ağ geçidi: {how}. {delay:.0f} sn sonra yeniden başlatılır.</translation>
    </message>
    <message>
        <source>The gateway {origin} is out of reach: {why}.</source>
        <translation>{origin} ağ geçidine ulaşılamıyor: {why}.</translation>
    </message>
    <message>
        <source>The gateway&apos;s answer can&apos;t be read: {reason}.</source>
        <translation>Ağ geçidinin yanıtı okunamıyor: {reason}.</translation>
    </message>
    <message>
        <source>The gateway&apos;s time is not known.</source>
        <translation>Ağ geçidinin saati bilinmiyor.</translation>
    </message>
    <message>
        <source>The grant can&apos;t be saved: {cause}.</source>
        <translation>Yetki kaydedilemiyor: {cause}.</translation>
    </message>
    <message>
        <source>The grant ends before it begins.</source>
        <translation>Yetki başlamadan bitiyor.</translation>
    </message>
    <message>
        <source>The grant holds no authorization that this wallet knows.</source>
        <translation>Yetkide bu cüzdanın tanıdığı bir izin yok.</translation>
    </message>
    <message>
        <source>The grant is for node {granted}, this node is {node}.</source>
        <translation>Yetki {granted} düğümü için, bu düğüm ise {node}.</translation>
    </message>
    <message>
        <source>The grant names another owner than this wallet.</source>
        <translation>Yetki bu cüzdandan başka bir sahibi adlandırıyor.</translation>
    </message>
    <message>
        <source>The graphics driver did not answer within {gpu_s:.0f} s.</source>
        <translation>Grafik sürücüsü {gpu_s:.0f} sn içinde yanıt vermedi.</translation>
    </message>
    <message>
        <source>The graphics driver has not answered for {seconds:.0f} seconds; restart the computer if it stays so.</source>
        <translation>Grafik sürücüsü {seconds:.0f} saniyedir yanıt vermiyor; böyle kalırsa bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>The graphics driver was updated, and its old version still runs: no program can start on the GPU.</source>
        <translation>Grafik sürücüsü güncellendi ve eski sürümü hâlâ çalışıyor: GPU&apos;da hiçbir program başlayamaz.</translation>
    </message>
    <message>
        <source>The history can&apos;t be used now ({error}).</source>
        <translation>Geçmiş şu anda kullanılamıyor ({error}).</translation>
    </message>
    <message>
        <source>The history is not open.</source>
        <translation>Geçmiş açık değil.</translation>
    </message>
    <message>
        <source>The installed PyTorch has nothing that this GPU can run.</source>
        <translation>Kurulu PyTorch&apos;ta bu GPU&apos;nun çalıştırabileceği bir şey yok.</translation>
    </message>
    <message>
        <source>The installer ended without saying why.</source>
        <translation>Kurucu nedenini söylemeden sona erdi.</translation>
    </message>
    <message>
        <source>The installer gave no plan within {plan_deadline_s:.0f} s.</source>
        <translation>Kurucu {plan_deadline_s:.0f} sn içinde plan vermedi.</translation>
    </message>
    <message>
        <source>The key does not belong to the account that pays.</source>
        <translation>Anahtar, ödeyen hesaba ait değil.</translation>
    </message>
    <message>
        <source>The key file {path} {problem}.</source>
        <translation>Anahtar dosyası {path}: {problem}.</translation>
    </message>
    <message>
        <source>The key from the system&apos;s keyring is not this vault&apos;s.</source>
        <translation>Sistem anahtarlığındaki anahtar bu kasanın değil.</translation>
    </message>
    <message>
        <source>The launcher met an error of its own ({name}: {error}).</source>
        <translation>Başlatıcı kendi içinde bir hatayla karşılaştı ({name}: {error}).</translation>
    </message>
    <message>
        <source>The local gateway is starting.</source>
        <translation>Yerel ağ geçidi başlıyor.</translation>
    </message>
    <message>
        <source>The log has the engine&apos;s own words.</source>
        <translation>Motorun kendi sözleri günlükte.</translation>
    </message>
    <message>
        <source>The memo is longer than {max_memo_bytes} bytes.</source>
        <translation>Not {max_memo_bytes} bayttan uzun.</translation>
    </message>
    <message>
        <source>The memo is too long for this chain.</source>
        <translation>Not bu zincir için çok uzun.</translation>
    </message>
    <message>
        <source>The message holds no fee allowance that this wallet knows.</source>
        <translation>Mesajda bu cüzdanın tanıdığı bir ücret ödeneği yok.</translation>
    </message>
    <message>
        <source>The message is nested too deeply.</source>
        <translation>Mesaj çok derin iç içe.</translation>
    </message>
    <message>
        <source>The message is too long for the gateway. Shorten it.</source>
        <translation>Mesaj ağ geçidi için çok uzun. Kısaltın.</translation>
    </message>
    <message>
        <source>The message spends for {signer}, but this key&apos;s address is {own}.</source>
        <translation>Mesaj {signer} adına harcıyor, ama bu anahtarın adresi {own}.</translation>
    </message>
    <message>
        <source>The model file {path} (architecture {architecture}) can&apos;t be converted: {cause}.</source>
        <translation>Model dosyası {path} (mimari: {architecture}) dönüştürülemiyor: {cause}.</translation>
    </message>
    <message>
        <source>The model file {path} can&apos;t be read: {cause}.</source>
        <translation>{path} model dosyası okunamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The model file {path} has no chat template, so it can&apos;t hold a conversation.</source>
        <translation>Model dosyası {path} içinde sohbet şablonu yok, bu yüzden sohbet edemez.</translation>
    </message>
    <message>
        <source>The model file {path} holds no tokenizer.</source>
        <translation>Model dosyası {path} içinde tokenizer yok.</translation>
    </message>
    <message>
        <source>The model file {path} is damaged: it holds no object.</source>
        <translation>Model dosyası {path} bozuk: içinde nesne yok.</translation>
    </message>
    <message>
        <source>The model file {path} is damaged: it is not JSON.</source>
        <translation>{path} model dosyası bozuk: JSON değil.</translation>
    </message>
    <message>
        <source>The model file {path} is damaged: it lists no weights.</source>
        <translation>Model dosyası {path} bozuk: hiç ağırlık listelemiyor.</translation>
    </message>
    <message>
        <source>The model file {path} is damaged: it names {shard} as a file of weights.</source>
        <translation>Model dosyası {path} bozuk: ağırlık dosyası olarak {shard} adını veriyor.</translation>
    </message>
    <message>
        <source>The model file {path} is damaged: {cause}.</source>
        <translation>Model dosyası {path} bozuk: {cause}.</translation>
    </message>
    <message>
        <source>The model file {path} is impossibly large.</source>
        <translation>Model dosyası {path} olamayacak kadar büyük.</translation>
    </message>
    <message>
        <source>The model file {path} is missing.</source>
        <translation>{path} model dosyası eksik.</translation>
    </message>
    <message>
        <source>The model file {path} is not a GGUF file.</source>
        <translation>{path} model dosyası bir GGUF dosyası değil.</translation>
    </message>
    <message>
        <source>The model file {path} lacks the tensor {tensor}.</source>
        <translation>Model dosyası {path} içinde {tensor} tensörü eksik.</translation>
    </message>
    <message>
        <source>The model fits into the memory, but there is no room left to answer with it.</source>
        <translation>Model belleğe sığıyor ama onunla yanıt vermeye yer kalmıyor.</translation>
    </message>
    <message>
        <source>The model in {folder} does not fit into the memory of this {device}.</source>
        <translation>{folder} içindeki model bu aygıtın ({device}) belleğine sığmıyor.</translation>
    </message>
    <message>
        <source>The model in {folder} gives no vectors of one size.</source>
        <translation>{folder} içindeki model tek boyutta vektör üretmiyor.</translation>
    </message>
    <message>
        <source>The model in {folder} has no chat template, so it can&apos;t hold a conversation.</source>
        <translation>{folder} içindeki modelin sohbet şablonu yok, bu yüzden sohbet edemez.</translation>
    </message>
    <message>
        <source>The model is missing or damaged.</source>
        <translation>Model eksik ya da bozuk.</translation>
    </message>
    <message>
        <source>The model {name} can&apos;t be read: {reason}.</source>
        <translation>{name} modeli okunamıyor: {reason}.</translation>
    </message>
    <message>
        <source>The model {name} is damaged: its file {file} was changed after its download.</source>
        <translation>{name} modeli bozuk: {file} dosyası indirildikten sonra değiştirilmiş.</translation>
    </message>
    <message>
        <source>The model&apos;s server can&apos;t be reached or did not start. {why}</source>
        <translation>Modelin sunucusuna ulaşılamıyor veya sunucu başlamadı. {why}</translation>
    </message>
    <message>
        <source>The model&apos;s server can&apos;t be used. {why}</source>
        <translation>Modelin sunucusu kullanılamıyor. {why}</translation>
    </message>
    <message>
        <source>The name of the server&apos;s model is too long.</source>
        <translation>Sunucudaki modelin adı çok uzun.</translation>
    </message>
    <message>
        <source>The network does not support this yet.</source>
        <translation>Ağ bunu henüz desteklemiyor.</translation>
    </message>
    <message>
        <source>The network has not authorized this wallet for the role.</source>
        <translation>Ağ bu cüzdana bu rol için yetki vermemiş.</translation>
    </message>
    <message>
        <source>The network is up.</source>
        <translation>Ağ çalışıyor.</translation>
    </message>
    <message>
        <source>The network profile is not signed by the network&apos;s own key, so it is not used.</source>
        <translation>Ağ profili ağın kendi anahtarıyla imzalanmamış, bu yüzden kullanılmıyor.</translation>
    </message>
    <message>
        <source>The network profile is signed, but nobody said whose signature to trust.</source>
        <translation>Ağ profili imzalı, ama kimin imzasına güvenileceği söylenmedi.</translation>
    </message>
    <message>
        <source>The network profile is too large.</source>
        <translation>Ağ profili çok büyük.</translation>
    </message>
    <message>
        <source>The network profile is wrong at “{place}”: {first}.</source>
        <translation>Ağ profilinde “{place}” yanlış: {first}.</translation>
    </message>
    <message>
        <source>The network records the declared stake; it does not lock these coins by this message.</source>
        <translation>Ağ bildirilen stake&apos;i kaydeder; bu mesajla bu paraları kilitlemez.</translation>
    </message>
    <message>
        <source>The network says that the node&apos;s address is not valid.</source>
        <translation>Ağ, düğüm adresinin geçersiz olduğunu söylüyor.</translation>
    </message>
    <message>
        <source>The network&apos;s key is not an Ed25519 public key: 32 bytes in base64, 44 characters.</source>
        <translation>Ağın anahtarı bir Ed25519 açık anahtarı değil: base64 ile 32 bayt, 44 karakter.</translation>
    </message>
    <message>
        <source>The network&apos;s {what} was {before} until now; this node says {now}.</source>
        <translation>Ağın {what} değeri şimdiye kadar {before} idi; bu düğüm {now} diyor.</translation>
    </message>
    <message>
        <source>The next one ends on {day}.</source>
        <translation>Sıradaki {day} günü biter.</translation>
    </message>
    <message>
        <source>The node answered about another account than was asked.</source>
        <translation>Düğüm sorulandan başka bir hesap için yanıt verdi.</translation>
    </message>
    <message>
        <source>The node did not answer ({error}).</source>
        <translation>Düğüm yanıt vermedi ({error}).</translation>
    </message>
    <message>
        <source>The node failed while it answered. Try again.</source>
        <translation>Düğüm yanıtlarken hata verdi. Yeniden deneyin.</translation>
    </message>
    <message>
        <source>The node is too busy to take a transaction now.</source>
        <translation>Düğüm şu anda işlem alamayacak kadar meşgul.</translation>
    </message>
    <message>
        <source>The node key can&apos;t be written to {path}: {cause}.</source>
        <translation>Düğüm anahtarı {path} dosyasına yazılamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The node key {path} can&apos;t be read: {cause}.</source>
        <translation>{path} düğüm anahtarı okunamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The node key {path} is damaged.</source>
        <translation>{path} düğüm anahtarı bozuk.</translation>
    </message>
    <message>
        <source>The node may be wrong about the gas price; try another one.</source>
        <translation>Düğüm gaz fiyatında yanılıyor olabilir; başka birini deneyin.</translation>
    </message>
    <message>
        <source>The node may be wrong or hostile; use another one, or accept the change if you know its reason.</source>
        <translation>Düğüm yanılıyor ya da kötü niyetli olabilir; başka birini kullanın ya da nedenini biliyorsanız değişikliği kabul edin.</translation>
    </message>
    <message>
        <source>The node says it belongs to {chain_id}, but this network is {expected}.</source>
        <translation>Düğüm {chain_id} zincirinden olduğunu söylüyor, ama bu ağ {expected}.</translation>
    </message>
    <message>
        <source>The node stakes {bond_denom}, but this network stakes {expected}.</source>
        <translation>Düğüm {bond_denom} stake ediyor, ama bu ağ {expected} stake eder.</translation>
    </message>
    <message>
        <source>The node stopped in the middle of the answer. Try again.</source>
        <translation>Düğüm yanıtın ortasında durdu. Yeniden deneyin.</translation>
    </message>
    <message>
        <source>The node type has to be the first of the roles: the chain keys on it.</source>
        <translation>Düğüm türü rollerin ilki olmalıdır: zincir ona göre kaydeder.</translation>
    </message>
    <message>
        <source>The node&apos;s answer about {what} is not understood.</source>
        <translation>Düğümün {what} hakkındaki yanıtı anlaşılmadı.</translation>
    </message>
    <message>
        <source>The node&apos;s blocks are of {chain_id}, not {expected}.</source>
        <translation>Düğümün blokları {expected} değil, {chain_id} zincirinden.</translation>
    </message>
    <message>
        <source>The node&apos;s key or its grant is not valid.</source>
        <translation>Düğümün anahtarı ya da yetkisi geçerli değil.</translation>
    </message>
    <message>
        <source>The opened vault holds something else than wallets.</source>
        <translation>Açılan kasa cüzdandan başka bir şey içeriyor.</translation>
    </message>
    <message>
        <source>The passphrase begins or ends with a blank. It counts: without it the wallet is a different one.</source>
        <translation>Ek parola boşlukla başlıyor ya da bitiyor. Boşluk sayılır: onsuz cüzdan başka bir cüzdan olur.</translation>
    </message>
    <message>
        <source>The passphrase has two blanks in a row. Both count.</source>
        <translation>Ek parolada yan yana iki boşluk var. İkisi de sayılır.</translation>
    </message>
    <message>
        <source>The password has less than {min_password_characters} characters.</source>
        <translation>Parola {min_password_characters} karakterden kısa.</translation>
    </message>
    <message>
        <source>The password is wrong.</source>
        <translation>Parola yanlış.</translation>
    </message>
    <message>
        <source>The password repeats only a few characters.</source>
        <translation>Parola yalnızca birkaç karakteri yineliyor.</translation>
    </message>
    <message>
        <source>The permission is over.</source>
        <translation>İznin süresi bitmiş.</translation>
    </message>
    <message>
        <source>The permission to let another account pay the fee is over.</source>
        <translation>Ücreti başka bir hesabın ödemesi izninin süresi bitmiş.</translation>
    </message>
    <message>
        <source>The permission would be over before it begins.</source>
        <translation>İzin başlamadan bitmiş olurdu.</translation>
    </message>
    <message>
        <source>The price of gas was {gas_price} until now; this node asks for {asked}.</source>
        <translation>Gaz fiyatı şimdiye kadar {gas_price} idi; bu düğüm {asked} istiyor.</translation>
    </message>
    <message>
        <source>The recording was asked to end.</source>
        <translation>Kayıttan sona ermesi istendi.</translation>
    </message>
    <message>
        <source>The registry can&apos;t be read: {cause}.</source>
        <translation>Kayıt defteri okunamıyor: {cause}.</translation>
    </message>
    <message>
        <source>The resource proof is no IPFS hash.</source>
        <translation>Kaynak kanıtı bir IPFS özeti değil.</translation>
    </message>
    <message>
        <source>The resources are wrong: {error}.</source>
        <translation>Kaynaklar yanlış: {error}.</translation>
    </message>
    <message>
        <source>The revocation names another owner than this wallet.</source>
        <translation>Geri alma bu cüzdandan başka bir sahibi adlandırıyor.</translation>
    </message>
    <message>
        <source>The roles have to be known ones, each once.</source>
        <translation>Roller bilinen roller ve her biri bir kez olmalıdır.</translation>
    </message>
    <message>
        <source>The settings can&apos;t be saved: {cause}. Nothing was changed.</source>
        <translation>Ayarlar kaydedilemiyor: {cause}. Hiçbir şey değişmedi.</translation>
    </message>
    <message>
        <source>The settings can&apos;t be saved: {cause}. The change holds until R3MES ends.</source>
        <translation>Ayarlar kaydedilemiyor: {cause}. Değişiklik R3MES kapanana kadar geçerlidir.</translation>
    </message>
    <message>
        <source>The signed bytes do not have the hash that was given.</source>
        <translation>İmzalı baytların özeti verilenle uyuşmuyor.</translation>
    </message>
    <message>
        <source>The signing address is a module&apos;s, which no key can sign for.</source>
        <translation>İmzalayan adres bir modülün; onun adına hiçbir anahtar imzalayamaz.</translation>
    </message>
    <message>
        <source>The stake is too low for this role.</source>
        <translation>Stake bu rol için yetersiz.</translation>
    </message>
    <message>
        <source>The staking authorization names no action.</source>
        <translation>Stake yetkisi bir eylem adlandırmıyor.</translation>
    </message>
    <message>
        <source>The staking authorization names no validator.</source>
        <translation>Stake yetkisi bir doğrulayıcı adlandırmıyor.</translation>
    </message>
    <message>
        <source>The stored recovery phrase has an impossible length.</source>
        <translation>Saklanan kurtarma ifadesinin uzunluğu olanaksız.</translation>
    </message>
    <message>
        <source>The system did not keep it: afterwards it was as before.</source>
        <translation>Sistem bunu saklamadı: sonra yine önceki gibiydi.</translation>
    </message>
    <message>
        <source>The system did not take it: {cause}.</source>
        <translation>Sistem bunu kabul etmedi: {cause}.</translation>
    </message>
    <message>
        <source>The system does not tell.</source>
        <translation>Sistem bildirmiyor.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring does not answer; it may be waiting for you in another window.</source>
        <translation>Sistemin anahtarlığı yanıt vermiyor; başka bir pencerede sizi bekliyor olabilir.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring does not have the unlock key.</source>
        <translation>Sistemin anahtarlığında açma anahtarı yok.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring is locked.</source>
        <translation>Sistemin anahtarlığı kilitli.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring keeps the unlock key.</source>
        <translation>Sistemin anahtarlığı açma anahtarını saklıyor.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring refused access.</source>
        <translation>Sistemin anahtarlığı erişimi reddetti.</translation>
    </message>
    <message>
        <source>The temperatures must rise: serving goes on, pauses, stops at once.</source>
        <translation>Sıcaklıklar artmalı: hizmet sürer, duraklar, hemen durur.</translation>
    </message>
    <message>
        <source>The transaction came too late: its last block has passed. Nothing was spent.</source>
        <translation>İşlem geç kaldı: son bloğu geçti. Hiçbir şey harcanmadı.</translation>
    </message>
    <message>
        <source>The transaction has no body or no signer.</source>
        <translation>İşlemin gövdesi ya da imzalayanı yok.</translation>
    </message>
    <message>
        <source>The transaction has not exactly one signer.</source>
        <translation>İşlemin tam olarak bir imzalayanı yok.</translation>
    </message>
    <message>
        <source>The transaction is larger than a chain takes.</source>
        <translation>İşlem bir zincirin alacağından büyük.</translation>
    </message>
    <message>
        <source>The transaction is larger than this chain takes.</source>
        <translation>İşlem bu zincirin alacağından büyük.</translation>
    </message>
    <message>
        <source>The transaction is signed in another mode than SIGN_MODE_DIRECT.</source>
        <translation>İşlem SIGN_MODE_DIRECT dışında bir kipte imzalanmış.</translation>
    </message>
    <message>
        <source>The transaction ran out of gas; its fee is spent.</source>
        <translation>İşlemin gazı bitti; ücreti harcandı.</translation>
    </message>
    <message>
        <source>The transaction was built for another key than the one that signs.</source>
        <translation>İşlem, imzalayan anahtardan başkası için kurulmuş.</translation>
    </message>
    <message>
        <source>The unbonding to cancel is named by the height that it began at.</source>
        <translation>İptal edilecek çözme, başladığı blok yüksekliğiyle belirtilir.</translation>
    </message>
    <message>
        <source>The value</source>
        <translation>Değer</translation>
    </message>
    <message>
        <source>The vault would grow beyond 4 MiB.</source>
        <translation>Kasa 4 MiB&apos;ı aşardı.</translation>
    </message>
    <message>
        <source>The vault&apos;s password was changed by another launcher.</source>
        <translation>Kasanın parolasını başka bir başlatıcı değiştirdi.</translation>
    </message>
    <message>
        <source>The wallet file asks for more work than any honest one.</source>
        <translation>Cüzdan dosyası dürüst hiçbir dosyanın istemeyeceği kadar iş istiyor.</translation>
    </message>
    <message>
        <source>The wallet file is damaged: its header is too long.</source>
        <translation>Cüzdan dosyası bozuk: başlığı çok uzun.</translation>
    </message>
    <message>
        <source>The wallet file is damaged: some of it is missing or changed.</source>
        <translation>Cüzdan dosyası bozuk: bir bölümü eksik ya da değişmiş.</translation>
    </message>
    <message>
        <source>The wallet file was written by a newer version.</source>
        <translation>Cüzdan dosyasını daha yeni bir sürüm yazmış.</translation>
    </message>
    <message>
        <source>The wallet file {path} can&apos;t be read: {strerror}.</source>
        <translation>{path} cüzdan dosyası okunamıyor: {strerror}.</translation>
    </message>
    <message>
        <source>The wallet file {path} can&apos;t be written: {strerror}. What was there is unchanged.</source>
        <translation>{path} cüzdan dosyası yazılamıyor: {strerror}. Oradaki olduğu gibi duruyor.</translation>
    </message>
    <message>
        <source>The wallet file&apos;s header has values that no honest file has.</source>
        <translation>Cüzdan dosyasının başlığında dürüst hiçbir dosyada olmayan değerler var.</translation>
    </message>
    <message>
        <source>The wallet is locked.</source>
        <translation>Cüzdan kilitli.</translation>
    </message>
    <message>
        <source>The wallet locked itself after {idle} without use.</source>
        <translation>Cüzdan {idle} kullanılmayınca kendini kilitledi.</translation>
    </message>
    <message>
        <source>The wallet locked itself because the computer slept, or its clock was changed.</source>
        <translation>Cüzdan kendini kilitledi; çünkü bilgisayar uyudu ya da saati değiştirildi.</translation>
    </message>
    <message>
        <source>The wallet locked itself because the computer went to sleep.</source>
        <translation>Cüzdan kendini kilitledi; çünkü bilgisayar uykuya geçti.</translation>
    </message>
    <message>
        <source>The wallet locked itself because the screen was locked.</source>
        <translation>Cüzdan kendini kilitledi; çünkü ekran kilitlendi.</translation>
    </message>
    <message>
        <source>The wallet&apos;s file did not answer within {timeout_s:.0f} seconds.</source>
        <translation>Cüzdan dosyası {timeout_s:.0f} saniye içinde yanıt vermedi.</translation>
    </message>
    <message>
        <source>The wallet&apos;s file is gone, but its backup is there.</source>
        <translation>Cüzdan dosyası yok olmuş, ama yedeği duruyor.</translation>
    </message>
    <message>
        <source>The wallet&apos;s record of transactions ({path}) can&apos;t be used: {error}.</source>
        <translation>Cüzdanın işlem kaydı ({path}) kullanılamıyor: {error}.</translation>
    </message>
    <message>
        <source>The weights in {folder} are pickled ({file}); such a file can run any program while it loads.</source>
        <translation>{folder} içindeki ağırlıklar pickle biçiminde ({file}); böyle bir dosya yüklenirken herhangi bir programı çalıştırabilir.</translation>
    </message>
    <message>
        <source>The words are all real, but they do not belong together: their checksum is wrong.</source>
        <translation>Sözcüklerin hepsi gerçek ama birbirine ait değil: sağlama toplamı yanlış.</translation>
    </message>
    <message>
        <source>The {field} is not a date after 1970.</source>
        <translation>{field} 1970&apos;ten sonra bir tarih değil.</translation>
    </message>
    <message>
        <source>The {name} has to be in small letters.</source>
        <translation>{name} küçük harflerle yazılmalıdır.</translation>
    </message>
    <message>
        <source>The {name} holds fields that this wallet does not know or would not write.</source>
        <translation>{name}, bu cüzdanın tanımadığı ya da yazmayacağı alanlar içeriyor.</translation>
    </message>
    <message>
        <source>The {name} is not well formed: {error}.</source>
        <translation>{name} düzgün biçimli değil: {error}.</translation>
    </message>
    <message>
        <source>The {name} lies outside of what a chain can count.</source>
        <translation>{name}, bir zincirin sayabileceğinin dışında.</translation>
    </message>
    <message>
        <source>The {what} in {folder} can&apos;t be loaded: {cause}.</source>
        <translation>{folder} içindeki {what} yüklenemiyor: {cause}.</translation>
    </message>
    <message>
        <source>The {words} has to be in small letters.</source>
        <translation>{words} küçük harflerle yazılmalıdır.</translation>
    </message>
    <message>
        <source>There are no rewards to claim yet.</source>
        <translation>Henüz alınacak ödül yok.</translation>
    </message>
    <message>
        <source>There are no weights in {folder}: {file} is missing.</source>
        <translation>{folder} içinde ağırlık yok: {file} eksik.</translation>
    </message>
    <message>
        <source>There are not enough coins for this, with its fee.</source>
        <translation>Ücretiyle birlikte bunun için yeterli para yok.</translation>
    </message>
    <message>
        <source>There is a vault or its backup at {path} already; it is left alone.</source>
        <translation>{path} konumunda zaten bir kasa ya da yedeği var; ona dokunulmadı.</translation>
    </message>
    <message>
        <source>There is no CUDA build of the engine for this system yet: the build for the CPU is taken.</source>
        <translation>Bu sistem için motorun CUDA derlemesi henüz yok: işlemci derlemesi alınıyor.</translation>
    </message>
    <message>
        <source>There is no GPU to look at.</source>
        <translation>Bakılacak GPU yok.</translation>
    </message>
    <message>
        <source>There is no NVIDIA driver that tells how the GPUs are used.</source>
        <translation>GPU&apos;ların nasıl kullanıldığını bildiren bir NVIDIA sürücüsü yok.</translation>
    </message>
    <message>
        <source>There is no NVIDIA driver, and the CPU was chosen.</source>
        <translation>NVIDIA sürücüsü yok ve işlemci seçildi.</translation>
    </message>
    <message>
        <source>There is no delegation of yours to this validator, so nothing can be claimed.</source>
        <translation>Bu doğrulayıcıda stake&apos;iniz yok, bu yüzden alınacak bir şey de yok.</translation>
    </message>
    <message>
        <source>There is no delegation of yours to this validator.</source>
        <translation>Bu doğrulayıcıda stake&apos;iniz yok.</translation>
    </message>
    <message>
        <source>There is no desktop here that could tell whether somebody uses the computer.</source>
        <translation>Burada bilgisayarın kullanılıp kullanılmadığını bildirecek bir masaüstü yok.</translation>
    </message>
    <message>
        <source>There is no folder of adapters at {folder}.</source>
        <translation>{folder} konumunda adaptör klasörü yok.</translation>
    </message>
    <message>
        <source>There is no gateway to grant it for.</source>
        <translation>Yetki verilecek bir ağ geçidi yok.</translation>
    </message>
    <message>
        <source>There is no gateway.</source>
        <translation>Ağ geçidi yok.</translation>
    </message>
    <message>
        <source>There is no grant to take back.</source>
        <translation>Geri alınacak yetki yok.</translation>
    </message>
    <message>
        <source>There is no model at {model}.</source>
        <translation>{model} konumunda model yok.</translation>
    </message>
    <message>
        <source>There is no model at {path}.</source>
        <translation>{path} yolunda model yok.</translation>
    </message>
    <message>
        <source>There is no network yet.</source>
        <translation>Henüz ağ yok.</translation>
    </message>
    <message>
        <source>There is no network “{network}”; known are {names}, or a profile&apos;s file.</source>
        <translation>“{network}” diye bir ağ yok; bilinenler: {names} ya da bir profil dosyası.</translation>
    </message>
    <message>
        <source>There is no room for {name}: {needed} MiB are needed in {folder}, {free} MiB are free.</source>
        <translation>{name} için yer yok: {folder} içinde {needed} MiB gerekiyor, {free} MiB boş.</translation>
    </message>
    <message>
        <source>There is no room to convert {name}: {needed} MiB are needed in {folder}, {free} MiB are free.</source>
        <translation>{name} dosyasını dönüştürecek yer yok: {folder} içinde {needed} MiB gerekiyor, {free} MiB boş.</translation>
    </message>
    <message>
        <source>There is no rule {rule!r}.</source>
        <translation>{rule!r} diye bir kural yok.</translation>
    </message>
    <message>
        <source>There is no sentence-transformers model in {folder}: {file} is missing.</source>
        <translation>{folder} içinde sentence-transformers modeli yok: {file} eksik.</translation>
    </message>
    <message>
        <source>There is no such permission.</source>
        <translation>Böyle bir izin yok.</translation>
    </message>
    <message>
        <source>There is no such unstaking.</source>
        <translation>Böyle bir çözme yok.</translation>
    </message>
    <message>
        <source>There is no such validator to move the stake to.</source>
        <translation>Stake&apos;in taşınacağı böyle bir doğrulayıcı yok.</translation>
    </message>
    <message>
        <source>There is no such validator.</source>
        <translation>Böyle bir doğrulayıcı yok.</translation>
    </message>
    <message>
        <source>There is no tokenizer in {folder}: {file} is missing.</source>
        <translation>{folder} içinde tokenizer yok: {file} eksik.</translation>
    </message>
    <message>
        <source>There is no wallet file at {path}.</source>
        <translation>{path} konumunda cüzdan dosyası yok.</translation>
    </message>
    <message>
        <source>There is no {name} in the catalogue.</source>
        <translation>Katalogda {name} yok.</translation>
    </message>
    <message>
        <source>There is not enough memory for this model.</source>
        <translation>Bu model için yeterli bellek yok.</translation>
    </message>
    <message>
        <source>There is nothing to miss before the engine is installed.</source>
        <translation>Motor kurulmadan eksik olacak bir şey yok.</translation>
    </message>
    <message>
        <source>These bytes are no {name}.</source>
        <translation>Bu baytlar bir {name} değil.</translation>
    </message>
    <message>
        <source>These coins can&apos;t be moved on to a third validator for {days}.</source>
        <translation>Bu paralar {days} boyunca üçüncü bir doğrulayıcıya taşınamaz.</translation>
    </message>
    <message>
        <source>These coins were redelegated a short time ago and can&apos;t hop on yet.</source>
        <translation>Bu paralar kısa süre önce taşındı; henüz ileri taşınamaz.</translation>
    </message>
    <message>
        <source>These settings come from a newer R3MES. Update this one first.</source>
        <translation>Bu ayarlar daha yeni bir R3MES&apos;ten. Önce bunu güncelleyin.</translation>
    </message>
    <message>
        <source>They can still be slashed: {twice} if the validator signs twice, {offline} if it was offline.</source>
        <translation>Yine de kesilebilirler: doğrulayıcı iki kez imzalarsa {twice}, çevrimdışı kaldıysa {offline}.</translation>
    </message>
    <message>
        <source>This Wayland desktop does not tell the idle time; GNOME does.</source>
        <translation>Bu Wayland masaüstü boşta kalma süresini bildirmiyor; GNOME bildirir.</translation>
    </message>
    <message>
        <source>This amount is larger than any chain can hold.</source>
        <translation>Bu tutar hiçbir zincirin tutamayacağı kadar büyük.</translation>
    </message>
    <message>
        <source>This computer can connect to itself.</source>
        <translation>Bu bilgisayar kendine bağlanabiliyor.</translation>
    </message>
    <message>
        <source>This computer can&apos;t connect to itself ({problem}).</source>
        <translation>Bu bilgisayar kendine bağlanamıyor ({problem}).</translation>
    </message>
    <message>
        <source>This computer has no network.</source>
        <translation>Bu bilgisayarda ağ yok.</translation>
    </message>
    <message>
        <source>This computer has no network; the gateway on it works without.</source>
        <translation>Bu bilgisayarda ağ yok; üzerindeki ağ geçidi ağsız da çalışır.</translation>
    </message>
    <message>
        <source>This computer has {total}.</source>
        <translation>Bu bilgisayarda {total} var.</translation>
    </message>
    <message>
        <source>This computer&apos;s clock is {seconds} s {direction} the gateway&apos;s.</source>
        <translation>Bu bilgisayarın saati ağ geçidininkinden {seconds} sn {direction}.</translation>
    </message>
    <message>
        <source>This computer&apos;s clock is {seconds} s {direction} the gateway&apos;s. Signatures with a date may be refused.</source>
        <translation>Bu bilgisayarın saati ağ geçidininkinden {seconds} sn {direction}. Tarihli imzalar reddedilebilir.</translation>
    </message>
    <message>
        <source>This computer&apos;s node has no key yet.</source>
        <translation>Bu bilgisayarın düğümünün henüz anahtarı yok.</translation>
    </message>
    <message>
        <source>This confirmation is too old.</source>
        <translation>Bu onay çok eski.</translation>
    </message>
    <message>
        <source>This conversation has become too long to be kept. Start a new one.</source>
        <translation>Bu konuşma saklanamayacak kadar uzadı. Yenisine başlayın.</translation>
    </message>
    <message>
        <source>This conversation is not there any more.</source>
        <translation>Bu konuşma artık yok.</translation>
    </message>
    <message>
        <source>This file holds no settings of R3MES.</source>
        <translation>Bu dosyada R3MES ayarları yok.</translation>
    </message>
    <message>
        <source>This file is a wallet {kind}, not a wallet {kind2}.</source>
        <translation>Bu dosya bir cüzdan {kind2} değil, {kind} dosyasıdır.</translation>
    </message>
    <message>
        <source>This file is no diagnostics bundle of R3MES, or it is damaged ({why}).</source>
        <translation>Bu dosya bir R3MES tanılama paketi değil ya da bozuk ({why}).</translation>
    </message>
    <message>
        <source>This file is no diagnostics bundle of R3MES: {why}.</source>
        <translation>Bu dosya bir R3MES tanılama paketi değil: {why}.</translation>
    </message>
    <message>
        <source>This file is not JSON, so it is no export of settings.</source>
        <translation>Bu dosya JSON değil, yani ayarların dışa aktarımı değil.</translation>
    </message>
    <message>
        <source>This file is too large to be exported settings.</source>
        <translation>Bu dosya dışa aktarılmış ayarlar için çok büyük.</translation>
    </message>
    <message>
        <source>This gateway does not answer chats: its inference is switched off.</source>
        <translation>Bu ağ geçidi sohbeti yanıtlamıyor: çıkarımı kapalı.</translation>
    </message>
    <message>
        <source>This is a recording from a diagnostics bundle: there is no node to steer. Leave the demo to use your own.</source>
        <translation>Bu, bir tanılama paketinden gelen bir kayıt: yönetilecek bir düğüm yok. Kendi düğümünüzü kullanmak için demodan çıkın.</translation>
    </message>
    <message>
        <source>This is far longer than a recovery phrase.</source>
        <translation>Bu, bir kurtarma ifadesinden çok daha uzun.</translation>
    </message>
    <message>
        <source>This is no access token: a token is one word of letters, digits and signs.</source>
        <translation>Bu bir erişim belirteci değil: belirteç harf, rakam ve işaretlerden oluşan tek sözcüktür.</translation>
    </message>
    <message>
        <source>This is not a compressed secp256k1 public key of 33 bytes.</source>
        <translation>Bu, 33 baytlık sıkıştırılmış bir secp256k1 açık anahtarı değil.</translation>
    </message>
    <message>
        <source>This is not a key export of a Cosmos daemon, or a part of it is missing.</source>
        <translation>Bu, bir Cosmos programının anahtar dışa aktarımı değil ya da bir bölümü eksik.</translation>
    </message>
    <message>
        <source>This is not a secp256k1 private key.</source>
        <translation>Bu, bir secp256k1 özel anahtarı değil.</translation>
    </message>
    <message>
        <source>This is not a valid address: its checksum is wrong.</source>
        <translation>Bu geçerli bir adres değil: sağlama toplamı yanlış.</translation>
    </message>
    <message>
        <source>This is not a wallet file of R3MES.</source>
        <translation>Bu bir R3MES cüzdan dosyası değil.</translation>
    </message>
    <message>
        <source>This is not an amount.</source>
        <translation>Bu bir tutar değil.</translation>
    </message>
    <message>
        <source>This is not the name of a coin on a Cosmos chain.</source>
        <translation>Bu, bir Cosmos zincirindeki para adı değil.</translation>
    </message>
    <message>
        <source>This is too large for a transaction.</source>
        <translation>Bu, bir işlem için çok büyük.</translation>
    </message>
    <message>
        <source>This is too long for an address.</source>
        <translation>Bu, bir adres için çok uzun.</translation>
    </message>
    <message>
        <source>This needs a node with a GPU, and none serves right now.</source>
        <translation>Bunun için GPU&apos;lu bir düğüm gerekir ve şu anda hizmet veren yok.</translation>
    </message>
    <message>
        <source>This needs {amount} {display} with its fee, but there is {most}.</source>
        <translation>Bu, ücretiyle {amount} {display} gerektiriyor ama {most} var.</translation>
    </message>
    <message>
        <source>This network has no faucet.</source>
        <translation>Bu ağın musluğu yok.</translation>
    </message>
    <message>
        <source>This payment is not one that needs a person to look it up.</source>
        <translation>Bu ödeme, birinin bakmasını gerektiren bir ödeme değil.</translation>
    </message>
    <message>
        <source>This system</source>
        <translation>Bu sistem</translation>
    </message>
    <message>
        <source>This system does not tell its network interfaces.</source>
        <translation>Bu sistem ağ arabirimlerini bildirmiyor.</translation>
    </message>
    <message>
        <source>This system does not tell the wallet before it sleeps; it locks when the computer wakes up.</source>
        <translation>Bu sistem uyumadan önce cüzdana haber vermiyor; cüzdan bilgisayar uyanınca kilitlenir.</translation>
    </message>
    <message>
        <source>This system does not tell the wallet when the screen is locked, so it can&apos;t lock with it.</source>
        <translation>Bu sistem ekran kilitlenince cüzdana haber vermiyor; bu yüzden cüzdan onunla birlikte kilitlenemez.</translation>
    </message>
    <message>
        <source>This system does not tell whether it runs on battery.</source>
        <translation>Bu sistem pille çalışıp çalışmadığını bildirmiyor.</translation>
    </message>
    <message>
        <source>This system does not tell whether its connection is metered.</source>
        <translation>Bu sistem bağlantısının kotalı olup olmadığını bildirmiyor.</translation>
    </message>
    <message>
        <source>This system has no keyring that the wallet can use.</source>
        <translation>Bu sistemde cüzdanın kullanabileceği bir anahtarlık yok.</translation>
    </message>
    <message>
        <source>This system has none that the wallet can use; the wallet&apos;s password works without.</source>
        <translation>Bu sistemde cüzdanın kullanabileceği bir tane yok; cüzdan parolası onsuz da çalışır.</translation>
    </message>
    <message>
        <source>This text is a transaction in disguise, so it is not signed as a message.</source>
        <translation>Bu metin kılık değiştirmiş bir işlem; mesaj olarak imzalanmaz.</translation>
    </message>
    <message>
        <source>This unstaking has ended; the coins are free already.</source>
        <translation>Bu çözme bitti; paralar zaten serbest.</translation>
    </message>
    <message>
        <source>This user may not ask the NVIDIA driver; give the user access to the NVIDIA devices.</source>
        <translation>Bu kullanıcının NVIDIA sürücüsüne sorma izni yok; kullanıcıya NVIDIA aygıtlarına erişim verin.</translation>
    </message>
    <message>
        <source>This user may not use the driver.</source>
        <translation>Bu kullanıcı sürücüyü kullanamıyor.</translation>
    </message>
    <message>
        <source>This validator address has {payload} bytes, not 20.</source>
        <translation>Bu doğrulayıcı adresi 20 değil, {payload} bayt.</translation>
    </message>
    <message>
        <source>This wallet does not know what this does. It could move everything you own.</source>
        <translation>Bu cüzdan bunun ne yaptığını bilmiyor. Sahip olduğunuz her şeyi taşıyabilir.</translation>
    </message>
    <message>
        <source>This wallet is in the vault already, as “{name}”.</source>
        <translation>Bu cüzdan kasada zaten var: “{name}”.</translation>
    </message>
    <message>
        <source>This wallet is not in the vault any more.</source>
        <translation>Bu cüzdan artık kasada değil.</translation>
    </message>
    <message>
        <source>This wallet was not made from words, so it has none to show.</source>
        <translation>Bu cüzdan sözcüklerden oluşmadı, gösterecek sözcüğü yok.</translation>
    </message>
    <message>
        <source>This {what} begins with “{found}1”, but this network&apos;s begin with “{wanted}1”.</source>
        <translation>Bu {what} “{found}1” ile başlıyor, ama bu ağınkiler “{wanted}1” ile başlar.</translation>
    </message>
    <message>
        <source>This {what} has {payload} bytes inside, not 20 or 32.</source>
        <translation>Bu {what} içinde 20 ya da 32 değil, {payload} bayt var.</translation>
    </message>
    <message>
        <source>This {what} is a validator&apos;s address ({prefix}valoper…), which cannot hold coins.</source>
        <translation>Bu {what} bir doğrulayıcının adresi ({prefix}valoper…); para tutamaz.</translation>
    </message>
    <message>
        <source>Too little free memory: unlocking needs {memory_bytes} MiB for a second.</source>
        <translation>Boş bellek çok az: kilidi açmak bir saniyeliğine {memory_bytes} MiB ister.</translation>
    </message>
    <message>
        <source>Too many redelegations between these two validators run at once.</source>
        <translation>Bu iki doğrulayıcı arasında aynı anda çok fazla taşıma sürüyor.</translation>
    </message>
    <message>
        <source>Too many requests. Wait a moment, then try again.</source>
        <translation>Çok fazla istek. Biraz bekleyip yeniden deneyin.</translation>
    </message>
    <message>
        <source>Too many unstakings from this validator run at once.</source>
        <translation>Bu doğrulayıcıdan aynı anda çok fazla çözme sürüyor.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Yeniden dene</translation>
    </message>
    <message>
        <source>Try again later; the download goes on where it stopped.</source>
        <translation>Daha sonra yeniden deneyin; indirme kaldığı yerden sürer.</translation>
    </message>
    <message>
        <source>Try again to install it anew. If an antivirus removed it, allow its folder first.</source>
        <translation>Baştan kurmak için yeniden deneyin. Bir antivirüs kaldırdıysa önce klasörüne izin verin.</translation>
    </message>
    <message>
        <source>Try again to install what is missing. If an antivirus took it, allow its folder first.</source>
        <translation>Eksik olanı kurmak için yeniden deneyin. Bir antivirüs aldıysa önce klasörüne izin verin.</translation>
    </message>
    <message>
        <source>Try again with a higher gas limit.</source>
        <translation>Daha yüksek bir gaz sınırıyla yeniden deneyin.</translation>
    </message>
    <message>
        <source>Try again, or send the signed revocation to its operator.</source>
        <translation>Yeniden deneyin ya da imzalı geri almayı işletmecisine gönderin.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Yeniden deneyin.</translation>
    </message>
    <message>
        <source>Try again: it goes on where it stopped. The log has its output.</source>
        <translation>Yeniden deneyin: kaldığı yerden sürer. Çıktısı günlükte.</translation>
    </message>
    <message>
        <source>Try again; if it stays, report it with the log.</source>
        <translation>Yeniden deneyin; sürerse günlükle birlikte bildirin.</translation>
    </message>
    <message>
        <source>Try another node or update this program.</source>
        <translation>Başka bir düğüm deneyin ya da bu programı güncelleyin.</translation>
    </message>
    <message>
        <source>Two words may be swapped, or one may be replaced by a similar one.</source>
        <translation>İki sözcük yer değiştirmiş ya da biri benzeriyle karışmış olabilir.</translation>
    </message>
    <message>
        <source>Type a price such as 0.30: digits and one decimal mark, no sign and no unit.</source>
        <translation>0,30 gibi bir fiyat yazın: rakamlar ve tek ondalık işareti; işaret ve birim olmasın.</translation>
    </message>
    <message>
        <source>Type an amount, like 12.5.</source>
        <translation>Bir tutar yazın; 12,5 gibi.</translation>
    </message>
    <message>
        <source>Undo any overclocking; if it stays so, have the card replaced.</source>
        <translation>Hız aşırtmayı geri alın; böyle kalırsa kartı değiştirtin.</translation>
    </message>
    <message>
        <source>Unknown: {kind}</source>
        <translation>Bilinmeyen: {kind}</translation>
    </message>
    <message>
        <source>Unlock it again.</source>
        <translation>Kilidini yeniden açın.</translation>
    </message>
    <message>
        <source>Unlock it with your login password (in “Passwords and Keys” or KWallet), or use the wallet&apos;s password.</source>
        <translation>Oturum parolanızla açın (“Parolalar ve Anahtarlar” ya da KWallet içinde) ya da cüzdanın parolasını kullanın.</translation>
    </message>
    <message>
        <source>Unlock it with your login password, or use the wallet&apos;s password.</source>
        <translation>Oturum parolanızla açın ya da cüzdanın parolasını kullanın.</translation>
    </message>
    <message>
        <source>Unlock it with your password.</source>
        <translation>Parolanızla kilidini açın.</translation>
    </message>
    <message>
        <source>Unlock it, or move it away first.</source>
        <translation>Önce kilidini açın ya da başka yere taşıyın.</translation>
    </message>
    <message>
        <source>Unlock with the wallet&apos;s password; then you can store the key again.</source>
        <translation>Cüzdanın parolasıyla açın; sonra anahtarı yeniden saklayabilirsiniz.</translation>
    </message>
    <message>
        <source>Unlock with your password. On Linux, GNOME Keyring and KWallet are such keyrings.</source>
        <translation>Parolanızla açın. Linux&apos;ta GNOME Keyring ve KWallet böyle anahtarlıklardır.</translation>
    </message>
    <message>
        <source>Unpacking</source>
        <translation>Açılıyor</translation>
    </message>
    <message>
        <source>Unstake {amount}</source>
        <translation>{amount} stake&apos;i çöz</translation>
    </message>
    <message>
        <source>Update the NVIDIA driver and restart the computer.</source>
        <translation>NVIDIA sürücüsünü güncelleyip bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>Update the NVIDIA driver.</source>
        <translation>NVIDIA sürücüsünü güncelleyin.</translation>
    </message>
    <message>
        <source>Update the engine.</source>
        <translation>Motoru güncelleyin.</translation>
    </message>
    <message>
        <source>Update this program.</source>
        <translation>Bu programı güncelleyin.</translation>
    </message>
    <message>
        <source>Use --gateway {claimed} if that is the gateway you mean.</source>
        <translation>Kastettiğiniz ağ geçidi buysa --gateway {claimed} kullanın.</translation>
    </message>
    <message>
        <source>Use a Python from 3.11 to 3.14, or the desktop package.</source>
        <translation>3.11 ile 3.14 arası bir Python ya da masaüstü paketini kullanın.</translation>
    </message>
    <message>
        <source>Use a fee granter instead.</source>
        <translation>Bunun yerine ücret izni veren bir hesap kullanın.</translation>
    </message>
    <message>
        <source>Use a newer card.</source>
        <translation>Daha yeni bir kart kullanın.</translation>
    </message>
    <message>
        <source>Use a newer system, such as Debian 12.</source>
        <translation>Daha yeni bir sistem kullanın; Debian 12 gibi.</translation>
    </message>
    <message>
        <source>Use digits and one decimal mark, like 12.5 or 12,5; no sign, no blanks, no exponent.</source>
        <translation>Rakam ve tek ondalık işareti kullanın; 12.5 ya da 12,5 gibi; işaret, boşluk ve üs olmasın.</translation>
    </message>
    <message>
        <source>Use the CPU</source>
        <translation>İşlemciyi kullan</translation>
    </message>
    <message>
        <source>Use the wallet&apos;s password, or allow R3MES in the keyring.</source>
        <translation>Cüzdanın parolasını kullanın ya da anahtarlıkta R3MES&apos;e izin verin.</translation>
    </message>
    <message>
        <source>Wait a while.</source>
        <translation>Biraz bekleyin.</translation>
    </message>
    <message>
        <source>Wait until it has started.</source>
        <translation>Başlayana kadar bekleyin.</translation>
    </message>
    <message>
        <source>Wait until it is settled; that takes seconds, at most its time-out.</source>
        <translation>Sonuçlanana kadar bekleyin; saniyeler, en çok zaman aşımı kadar sürer.</translation>
    </message>
    <message>
        <source>Wait until one has ended.</source>
        <translation>Biri bitene kadar bekleyin.</translation>
    </message>
    <message>
        <source>Wait until one of them has ended.</source>
        <translation>Birinin bitmesini bekleyin.</translation>
    </message>
    <message>
        <source>Wait until the gateway has started.</source>
        <translation>Ağ geçidi başlayana kadar bekleyin.</translation>
    </message>
    <message>
        <source>Wait until the unbonding time is over.</source>
        <translation>Çözme süresi bitene kadar bekleyin.</translation>
    </message>
    <message>
        <source>Weights of the kind {kind} need the package bitsandbytes, which is not installed.</source>
        <translation>{kind} türündeki ağırlıklar için bitsandbytes paketi gerekir; bu paket kurulu değil.</translation>
    </message>
    <message>
        <source>Whoever asked for this signature may be after your coins.</source>
        <translation>Bu imzayı isteyen paranızın peşinde olabilir.</translation>
    </message>
    <message>
        <source>Whoever holds that account&apos;s key can do this in your name, without asking you again.</source>
        <translation>O hesabın anahtarını tutan, size bir daha sormadan bunu sizin adınıza yapabilir.</translation>
    </message>
    <message>
        <source>Word {position} is not in the list of recovery words.</source>
        <translation>{position}. sözcük kurtarma sözcükleri listesinde yok.</translation>
    </message>
    <message>
        <source>Write {whole} for the first, or {fraction} for the second.</source>
        <translation>İlki için {whole}, ikincisi için {fraction} yazın.</translation>
    </message>
    <message>
        <source>Writing the export…</source>
        <translation>Dışa aktarım yazılıyor…</translation>
    </message>
    <message>
        <source>You can cancel it while it runs.</source>
        <translation>Sürerken iptal edebilirsiniz.</translation>
    </message>
    <message>
        <source>You have nothing staked with this validator.</source>
        <translation>Bu doğrulayıcıda stake&apos;iniz yok.</translation>
    </message>
    <message>
        <source>You send this to yourself.</source>
        <translation>Bunu kendinize gönderiyorsunuz.</translation>
    </message>
    <message>
        <source>`r3mes-engine models list` shows what there is; `models add URL` adds to it.</source>
        <translation>`r3mes-engine models list` olanları gösterir; `models add URL` yenisini ekler.</translation>
    </message>
    <message>
        <source>`r3mes-engine models repair {name}` fetches it again.</source>
        <translation>`r3mes-engine models repair {name}` onu yeniden indirir.</translation>
    </message>
    <message>
        <source>`r3mes-engine models repair {name}` fetches what is missing.</source>
        <translation>`r3mes-engine models repair {name}` eksik olanı indirir.</translation>
    </message>
    <message>
        <source>a gateway URL looks like https://host or https://host:port</source>
        <translation>ağ geçidi adresi https://sunucu ya da https://sunucu:port gibi görünür</translation>
    </message>
    <message>
        <source>a gateway URL looks like https://host, https://host:port or https://[IPv6 address]:port</source>
        <translation>ağ geçidi adresi https://sunucu, https://sunucu:port ya da https://[IPv6 adresi]:port gibi görünür</translation>
    </message>
    <message>
        <source>a gateway URL must not hold a user name or password</source>
        <translation>ağ geçidi adresi kullanıcı adı ya da parola içeremez</translation>
    </message>
    <message>
        <source>a gateway URL must not hold an address that is valid on one network card only</source>
        <translation>ağ geçidi adresi yalnızca bir ağ kartında geçerli bir adres içeremez</translation>
    </message>
    <message>
        <source>a gateway URL must not hold blanks or control characters</source>
        <translation>ağ geçidi adresi boşluk ya da denetim karakteri içeremez</translation>
    </message>
    <message>
        <source>a gateway URL needs a host name</source>
        <translation>ağ geçidi adresi bir sunucu adı ister</translation>
    </message>
    <message>
        <source>a gateway URL needs a valid host name</source>
        <translation>ağ geçidi adresi geçerli bir sunucu adı ister</translation>
    </message>
    <message>
        <source>a gateway URL starts with https:// or http://</source>
        <translation>ağ geçidi adresi https:// ya da http:// ile başlar</translation>
    </message>
    <message>
        <source>a small calculation on it broke off: {cause}</source>
        <translation>üzerindeki küçük bir hesaplama yarıda kaldı: {cause}</translation>
    </message>
    <message>
        <source>account number</source>
        <translation>hesap numarası</translation>
    </message>
    <message>
        <source>address</source>
        <translation>adres</translation>
    </message>
    <message>
        <source>ahead of</source>
        <translation>ileride</translation>
    </message>
    <message>
        <source>allowed address</source>
        <translation>izin verilen adres</translation>
    </message>
    <message>
        <source>an unknown allowance</source>
        <translation>bilinmeyen bir ödenek</translation>
    </message>
    <message>
        <source>any amount</source>
        <translation>her tutar</translation>
    </message>
    <message>
        <source>behind</source>
        <translation>geride</translation>
    </message>
    <message>
        <source>brought no result for {stuck_s:.0f} s while requests ran</source>
        <translation>istekler sürerken {stuck_s:.0f} sn sonuç vermedi</translation>
    </message>
    <message>
        <source>checking the adapters</source>
        <translation>adaptörler denetleniyor</translation>
    </message>
    <message>
        <source>checking the model</source>
        <translation>model denetleniyor</translation>
    </message>
    <message>
        <source>checking the model file</source>
        <translation>model dosyası denetleniyor</translation>
    </message>
    <message>
        <source>connection refused</source>
        <translation>bağlantı reddedildi</translation>
    </message>
    <message>
        <source>connection reset by peer</source>
        <translation>karşı taraf bağlantıyı kesti</translation>
    </message>
    <message>
        <source>converting the model, once</source>
        <translation>model bir kereliğine dönüştürülüyor</translation>
    </message>
    <message>
        <source>could not be started ({error})</source>
        <translation>başlatılamadı ({error})</translation>
    </message>
    <message>
        <source>declared stake {declared}</source>
        <translation>bildirilen stake {declared}</translation>
    </message>
    <message>
        <source>ended by {name}</source>
        <translation>{name} ile sonlandırıldı</translation>
    </message>
    <message>
        <source>ended by {name}: {meaning}</source>
        <translation>{name} ile sonlandırıldı: {meaning}</translation>
    </message>
    <message>
        <source>ended with code 0x{returncode:08X}: it crashed</source>
        <translation>0x{returncode:08X} koduyla sona erdi: çöktü</translation>
    </message>
    <message>
        <source>ended with code {code}</source>
        <translation>{code} koduyla sona erdi</translation>
    </message>
    <message>
        <source>ended with code {code}: {meaning}</source>
        <translation>{code} koduyla sona erdi: {meaning}</translation>
    </message>
    <message>
        <source>failed at {failures} requests in a row</source>
        <translation>art arda {failures} istekte başarısız oldu</translation>
    </message>
    <message>
        <source>fee granter</source>
        <translation>ücreti üstlenen</translation>
    </message>
    <message>
        <source>fee payer</source>
        <translation>ücreti ödeyen</translation>
    </message>
    <message>
        <source>file exists</source>
        <translation>dosya zaten var</translation>
    </message>
    <message>
        <source>file name too long</source>
        <translation>dosya adı çok uzun</translation>
    </message>
    <message>
        <source>for ever</source>
        <translation>süresiz</translation>
    </message>
    <message>
        <source>for {subject}</source>
        <translation>şunun için: {subject}</translation>
    </message>
    <message>
        <source>from the unstaking of block {creation_height}</source>
        <translation>{creation_height}. bloktaki çözmeden</translation>
    </message>
    <message>
        <source>from validator {validator}</source>
        <translation>şu doğrulayıcıdan: {validator}</translation>
    </message>
    <message>
        <source>from {address}</source>
        <translation>gönderen: {address}</translation>
    </message>
    <message>
        <source>glibc {version}</source>
        <translation>glibc {version}</translation>
    </message>
    <message>
        <source>glibc {version} is older than 2.34.</source>
        <translation>glibc {version}, 2.34&apos;ten eski.</translation>
    </message>
    <message>
        <source>grantee&apos;s address</source>
        <translation>izin verilenin adresi</translation>
    </message>
    <message>
        <source>granter&apos;s address</source>
        <translation>izin verenin adresi</translation>
    </message>
    <message>
        <source>in the launcher&apos;s folder</source>
        <translation>başlatıcının klasöründe</translation>
    </message>
    <message>
        <source>input/output error</source>
        <translation>giriş/çıkış hatası</translation>
    </message>
    <message>
        <source>is a directory</source>
        <translation>bir klasör</translation>
    </message>
    <message>
        <source>it calculates wrongly ({cause})</source>
        <translation>yanlış hesaplıyor ({cause})</translation>
    </message>
    <message>
        <source>it closed the connection</source>
        <translation>bağlantıyı kapattı</translation>
    </message>
    <message>
        <source>it crashed</source>
        <translation>çöktü</translation>
    </message>
    <message>
        <source>it did not understand how it was started</source>
        <translation>nasıl başlatıldığını anlamadı</translation>
    </message>
    <message>
        <source>it does not answer in time</source>
        <translation>zamanında yanıt vermiyor</translation>
    </message>
    <message>
        <source>it found no usable GPU</source>
        <translation>kullanılabilir GPU bulamadı</translation>
    </message>
    <message>
        <source>it gave no reason</source>
        <translation>neden belirtmedi</translation>
    </message>
    <message>
        <source>it holds no status.json</source>
        <translation>içinde status.json yok</translation>
    </message>
    <message>
        <source>it holds {count} files</source>
        <translation>içinde {count} dosya var</translation>
    </message>
    <message>
        <source>it holds {file} twice</source>
        <translation>{file} içinde iki kez var</translation>
    </message>
    <message>
        <source>it met an error of its own</source>
        <translation>kendi içinde bir hatayla karşılaştı</translation>
    </message>
    <message>
        <source>it takes no connection for {connect_s:.0f} s</source>
        <translation>{connect_s:.0f} sn&apos;dir bağlantı almıyor</translation>
    </message>
    <message>
        <source>its answer is too large</source>
        <translation>yanıtı çok büyük</translation>
    </message>
    <message>
        <source>its configuration can&apos;t be used</source>
        <translation>yapılandırması kullanılamıyor</translation>
    </message>
    <message>
        <source>its disk did not answer within {look_s:.0f} s</source>
        <translation>diski {look_s:.0f} sn içinde yanıt vermedi</translation>
    </message>
    <message>
        <source>its memory had {count} errors that could not be corrected</source>
        <translation>belleğinde düzeltilemeyen {count} hata oldu</translation>
    </message>
    <message>
        <source>llama.cpp&apos;s server reads GGUF files, and this is a folder.</source>
        <translation>llama.cpp sunucusu GGUF dosyalarını okur, bu ise bir klasör.</translation>
    </message>
    <message>
        <source>loading the embedding model</source>
        <translation>gömme modeli yükleniyor</translation>
    </message>
    <message>
        <source>loading the libraries</source>
        <translation>kitaplıklar yükleniyor</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>model yükleniyor</translation>
    </message>
    <message>
        <source>loading the tokenizer</source>
        <translation>tokenizer yükleniyor</translation>
    </message>
    <message>
        <source>looking for a GPU</source>
        <translation>GPU aranıyor</translation>
    </message>
    <message>
        <source>memory ran out</source>
        <translation>bellek bitti</translation>
    </message>
    <message>
        <source>met a CUDA error after which its GPU answers nothing</source>
        <translation>GPU&apos;sunun artık hiçbir şeye yanıt vermediği bir CUDA hatasıyla karşılaştı</translation>
    </message>
    <message>
        <source>mining</source>
        <translation>madencilik</translation>
    </message>
    <message>
        <source>named an address that can&apos;t be used ({error})</source>
        <translation>kullanılamayan bir adres verdi ({error})</translation>
    </message>
    <message>
        <source>network is unreachable</source>
        <translation>ağa ulaşılamıyor</translation>
    </message>
    <message>
        <source>no connection can be made</source>
        <translation>bağlantı kurulamıyor</translation>
    </message>
    <message>
        <source>no route to host</source>
        <translation>sunucuya giden yol yok</translation>
    </message>
    <message>
        <source>no space left on device</source>
        <translation>diskte yer kalmadı</translation>
    </message>
    <message>
        <source>no such file or directory</source>
        <translation>böyle bir dosya ya da klasör yok</translation>
    </message>
    <message>
        <source>node type {node_type}</source>
        <translation>düğüm türü {node_type}</translation>
    </message>
    <message>
        <source>node {node}</source>
        <translation>düğüm {node}</translation>
    </message>
    <message>
        <source>node&apos;s address</source>
        <translation>düğümün adresi</translation>
    </message>
    <message>
        <source>not a directory</source>
        <translation>bir klasör değil</translation>
    </message>
    <message>
        <source>not with {address}</source>
        <translation>şununla değil: {address}</translation>
    </message>
    <message>
        <source>only for {type_url}</source>
        <translation>yalnızca şunun için: {type_url}</translation>
    </message>
    <message>
        <source>only to {address}</source>
        <translation>yalnızca şuna: {address}</translation>
    </message>
    <message>
        <source>only with {address}</source>
        <translation>yalnızca şununla: {address}</translation>
    </message>
    <message>
        <source>only {free} MiB are free in {path}</source>
        <translation>{path} içinde yalnızca {free} MiB boş</translation>
    </message>
    <message>
        <source>only {free} of {total} MiB of its memory are free</source>
        <translation>belleğinin {total} MiB&apos;ından yalnızca {free} MiB boş</translation>
    </message>
    <message>
        <source>operation not permitted</source>
        <translation>işleme izin yok</translation>
    </message>
    <message>
        <source>permission denied</source>
        <translation>erişim izni yok</translation>
    </message>
    <message>
        <source>preparing the cache</source>
        <translation>önbellek hazırlanıyor</translation>
    </message>
    <message>
        <source>preparing the processor</source>
        <translation>işlemci hazırlanıyor</translation>
    </message>
    <message>
        <source>proposer</source>
        <translation>önerici</translation>
    </message>
    <message>
        <source>read-only file system</source>
        <translation>salt okunur dosya sistemi</translation>
    </message>
    <message>
        <source>reading the script</source>
        <translation>betik okunuyor</translation>
    </message>
    <message>
        <source>recipient&apos;s address</source>
        <translation>alıcının adresi</translation>
    </message>
    <message>
        <source>roles {roles}</source>
        <translation>roller: {roles}</translation>
    </message>
    <message>
        <source>sender&apos;s address</source>
        <translation>gönderenin adresi</translation>
    </message>
    <message>
        <source>sequence</source>
        <translation>sıra numarası</translation>
    </message>
    <message>
        <source>serving</source>
        <translation>hizmet</translation>
    </message>
    <message>
        <source>something asked it to end</source>
        <translation>bir şey sonlanmasını istedi</translation>
    </message>
    <message>
        <source>something ended it by force, perhaps the system because memory ran out</source>
        <translation>bir şey onu zorla sonlandırdı; belki bellek bittiği için sistem</translation>
    </message>
    <message>
        <source>something interrupted it</source>
        <translation>bir şey onu kesti</translation>
    </message>
    <message>
        <source>speaks version {protocol} of the protocol, this launcher version {protocol_version}</source>
        <translation>protokolün {protocol}. sürümünü konuşuyor, bu başlatıcı {protocol_version}. sürümünü</translation>
    </message>
    <message>
        <source>sudo usermod -aG video,render &quot;$USER&quot;</source>
        <translation>sudo usermod -aG video,render &quot;$USER&quot;</translation>
    </message>
    <message>
        <source>the GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>the IPv4 address of a gateway is written with four numbers from 0 to 255</source>
        <translation>ağ geçidinin IPv4 adresi 0 ile 255 arası dört sayıyla yazılır</translation>
    </message>
    <message>
        <source>the account</source>
        <translation>hesap</translation>
    </message>
    <message>
        <source>the address in brackets of a gateway URL is no IPv6 address</source>
        <translation>ağ geçidi adresinde köşeli ayraç içindeki adres bir IPv6 adresi değil</translation>
    </message>
    <message>
        <source>the balances</source>
        <translation>bakiyeler</translation>
    </message>
    <message>
        <source>the connection broke</source>
        <translation>bağlantı koptu</translation>
    </message>
    <message>
        <source>the connection took no data for {seconds} s</source>
        <translation>bağlantı {seconds} sn boyunca veri almadı</translation>
    </message>
    <message>
        <source>the delegations</source>
        <translation>devirler</translation>
    </message>
    <message>
        <source>the disk of {folder} can&apos;t be read: {cause}</source>
        <translation>{folder} klasörünün diski okunamıyor: {cause}</translation>
    </message>
    <message>
        <source>the driver {driver} is older than {floor}; NVIDIA&apos;s compatibility package bridges it</source>
        <translation>sürücü {driver}, {floor} sürümünden eski; NVIDIA&apos;nın uyumluluk paketi aradaki farkı kapatıyor</translation>
    </message>
    <message>
        <source>the driver {driver} is too old: CUDA {cuda} needs {floor} or newer</source>
        <translation>sürücü {driver} çok eski: CUDA {cuda} için {floor} veya daha yenisi gerekir</translation>
    </message>
    <message>
        <source>the faucet</source>
        <translation>musluk</translation>
    </message>
    <message>
        <source>the gas</source>
        <translation>gaz</translation>
    </message>
    <message>
        <source>the gateway answers {status} instead of a node session</source>
        <translation>ağ geçidi düğüm oturumu yerine {status} yanıtını veriyor</translation>
    </message>
    <message>
        <source>the gateway can&apos;t be reached ({cause})</source>
        <translation>ağ geçidine ulaşılamıyor ({cause})</translation>
    </message>
    <message>
        <source>the gateway did not answer within {seconds} s</source>
        <translation>ağ geçidi {seconds} sn içinde yanıt vermedi</translation>
    </message>
    <message>
        <source>the gateway drains</source>
        <translation>ağ geçidi boşalıyor</translation>
    </message>
    <message>
        <source>the gateway refused for now ({code}): {message}</source>
        <translation>ağ geçidi şimdilik geri çevirdi ({code}): {message}</translation>
    </message>
    <message>
        <source>the gateway rejected the node</source>
        <translation>ağ geçidi düğümü reddetti</translation>
    </message>
    <message>
        <source>the gateway said goodbye</source>
        <translation>ağ geçidi vedalaştı</translation>
    </message>
    <message>
        <source>the history</source>
        <translation>geçmiş</translation>
    </message>
    <message>
        <source>the latest block</source>
        <translation>son blok</translation>
    </message>
    <message>
        <source>the model is missing or damaged</source>
        <translation>model eksik ya da bozuk</translation>
    </message>
    <message>
        <source>the network&apos;s unbonding time</source>
        <translation>ağın çözme süresi</translation>
    </message>
    <message>
        <source>the node</source>
        <translation>düğüm</translation>
    </message>
    <message>
        <source>the node&apos;s key or grant is not valid</source>
        <translation>düğümün anahtarı ya da yetkisi geçerli değil</translation>
    </message>
    <message>
        <source>the node&apos;s registration</source>
        <translation>düğümün kaydı</translation>
    </message>
    <message>
        <source>the permissions</source>
        <translation>izinler</translation>
    </message>
    <message>
        <source>the port of a gateway URL is a number from 1 to 65535</source>
        <translation>ağ geçidi adresinin portu 1 ile 65535 arası bir sayıdır</translation>
    </message>
    <message>
        <source>the redelegations</source>
        <translation>taşımalar</translation>
    </message>
    <message>
        <source>the registration</source>
        <translation>kayıt</translation>
    </message>
    <message>
        <source>the rewards</source>
        <translation>ödüller</translation>
    </message>
    <message>
        <source>the system did not answer within {look_s:.0f} s</source>
        <translation>sistem {look_s:.0f} sn içinde yanıt vermedi</translation>
    </message>
    <message>
        <source>the transaction</source>
        <translation>işlem</translation>
    </message>
    <message>
        <source>the unbondings</source>
        <translation>çözülmeler</translation>
    </message>
    <message>
        <source>the validators</source>
        <translation>doğrulayıcılar</translation>
    </message>
    <message>
        <source>the wallet locks itself after {min_idle_s:.0f} s to {max_idle_s:.0f} h, or sooner</source>
        <translation>cüzdan {min_idle_s:.0f} sn ile {max_idle_s:.0f} saat arasında ya da daha önce kendini kilitler</translation>
    </message>
    <message>
        <source>this is no gateway ({kind})</source>
        <translation>bu bir ağ geçidi değil ({kind})</translation>
    </message>
    <message>
        <source>this processor does not know one of its instructions</source>
        <translation>bu işlemci komutlarından birini tanımıyor</translation>
    </message>
    <message>
        <source>timeout height</source>
        <translation>son geçerli blok</translation>
    </message>
    <message>
        <source>to act with {amount}</source>
        <translation>{amount} ile işlem yapmak</translation>
    </message>
    <message>
        <source>to do {type_url} without any limit</source>
        <translation>sınırsız olarak {type_url} yapmak için</translation>
    </message>
    <message>
        <source>to move stakes of {amount}</source>
        <translation>{amount} stake taşımak</translation>
    </message>
    <message>
        <source>to send up to {amount}</source>
        <translation>en çok {amount} göndermek için</translation>
    </message>
    <message>
        <source>to stake {amount}</source>
        <translation>{amount} stake etmek</translation>
    </message>
    <message>
        <source>to unstake {amount}</source>
        <translation>{amount} stake çözmek</translation>
    </message>
    <message>
        <source>to validator {validator}</source>
        <translation>şu doğrulayıcıya: {validator}</translation>
    </message>
    <message>
        <source>to {address}</source>
        <translation>alıcı: {address}</translation>
    </message>
    <message>
        <source>too new ({capability}, this PyTorch knows cards up to {newest})</source>
        <translation>çok yeni ({capability}; bu PyTorch {newest} sürümüne kadar olan kartları tanır)</translation>
    </message>
    <message>
        <source>too old ({capability}, this PyTorch needs {needed})</source>
        <translation>çok eski ({capability}; bu PyTorch için {needed} gerekir)</translation>
    </message>
    <message>
        <source>until {date}</source>
        <translation>{date} tarihine kadar</translation>
    </message>
    <message>
        <source>up to {each} every {seconds} seconds</source>
        <translation>her {seconds} saniyede en çok {each}</translation>
    </message>
    <message>
        <source>up to {limit} in all</source>
        <translation>toplam en çok {limit}</translation>
    </message>
    <message>
        <source>vLLM is run with a Hugging Face folder, and this is a GGUF file.</source>
        <translation>vLLM bir Hugging Face klasörüyle çalışır, bu ise bir GGUF dosyası.</translation>
    </message>
    <message>
        <source>was not ready within {ready_deadline_s:.0f} s</source>
        <translation>{ready_deadline_s:.0f} sn içinde hazır olmadı</translation>
    </message>
    <message>
        <source>was silent for {silent_s:.0f} s</source>
        <translation>{silent_s:.0f} sn sessiz kaldı</translation>
    </message>
    <message>
        <source>with validator {validator}</source>
        <translation>şu doğrulayıcıyla: {validator}</translation>
    </message>
    <message>
        <source>without any limit</source>
        <translation>sınırsız</translation>
    </message>
    <message>
        <source>write the address of a gateway as plain IPv4, such as http://192.0.2.1</source>
        <translation>ağ geçidinin adresini düz IPv4 olarak yazın; http://192.0.2.1 gibi</translation>
    </message>
    <message>
        <source>write the host name of the gateway in its xn-- form: it has a letter with two spellings</source>
        <translation>ağ geçidinin sunucu adını xn-- biçiminde yazın: iki yazımı olan bir harf içeriyor</translation>
    </message>
    <message>
        <source>{amount} {denom} (a coin of another name)</source>
        <translation>{amount} {denom} (başka adlı bir para)</translation>
    </message>
    <message>
        <source>{argv} could not be started: {reason}.</source>
        <translation>{argv} başlatılamadı: {reason}.</translation>
    </message>
    <message>
        <source>{available} of {total} available.</source>
        <translation>{total} içinden {available} kullanılabilir.</translation>
    </message>
    <message>
        <source>{before} and {name}</source>
        <translation>{before} ve {name}</translation>
    </message>
    <message>
        <source>{cpu_cores} cores, {memory_gb} GB memory, {gpu_count} GPU with {gpu_memory_gb} GB, {storage_gb} GB disk, {network_bandwidth_mbps} Mbit/s</source>
        <translation>{cpu_cores} çekirdek, {memory_gb} GB bellek, {gpu_memory_gb} GB&apos;lık {gpu_count} GPU, {storage_gb} GB disk, {network_bandwidth_mbps} Mbit/sn</translation>
    </message>
    <message>
        <source>{file} can&apos;t be read ({why}).</source>
        <translation>{file} okunamıyor ({why}).</translation>
    </message>
    <message>
        <source>{file} in this bundle is larger than {most} KiB.</source>
        <translation>Bu paketteki {file} {most} KiB{most} MiB&apos;den büyükapos;den büyük.</translation>
    </message>
    <message>
        <source>{file} is larger than any diagnostics bundle.</source>
        <translation>{file} her tanılama paketinden büyük.</translation>
    </message>
    <message>
        <source>{file} is packed in a way that R3MES does not use</source>
        <translation>{file} R3MES&apos;in kullanmadığı bir biçimde sıkıştırılmış</translation>
    </message>
    <message>
        <source>{first} and {count} more</source>
        <translation>{first} ve {count} tane daha</translation>
    </message>
    <message>
        <source>{free} MiB are free in {path}, and {needed} are needed</source>
        <translation>{path} içinde {free} MiB boş, {needed} MiB gerekiyor</translation>
    </message>
    <message>
        <source>{free} free.</source>
        <translation>{free} boş.</translation>
    </message>
    <message>
        <source>{minutes} minutes</source>
        <translation>{minutes} dakika</translation>
    </message>
    <message>
        <source>{name} can&apos;t be converted in {folder}: the disk {cause}.</source>
        <translation>{name}, {folder} içinde dönüştürülemiyor; disk: {cause}.</translation>
    </message>
    <message>
        <source>{name} can&apos;t be downloaded: the server sends from one address to the next without an end.</source>
        <translation>{name} indirilemiyor: sunucu sonu gelmeden bir adresten ötekine yönlendiriyor.</translation>
    </message>
    <message>
        <source>{name} can&apos;t be kept in {folder}: {cause}.</source>
        <translation>{name}, {folder} içinde saklanamıyor: {cause}.</translation>
    </message>
    <message>
        <source>{name} can&apos;t be used: {reason}</source>
        <translation>{name} kullanılamıyor: {reason}</translation>
    </message>
    <message>
        <source>{name} comes with the engine and can&apos;t be removed.</source>
        <translation>{name} motorla birlikte gelir ve kaldırılamaz.</translation>
    </message>
    <message>
        <source>{name} could not be downloaded: {cause}.</source>
        <translation>{name} indirilemedi: {cause}.</translation>
    </message>
    <message>
        <source>{name} is an adapter, not a model.</source>
        <translation>{name} bir model değil, bir adaptör.</translation>
    </message>
    <message>
        <source>{name} is given to people with an account alone.</source>
        <translation>{name} yalnızca hesabı olanlara verilir.</translation>
    </message>
    <message>
        <source>{name} is not being downloaded.</source>
        <translation>{name} şu anda indirilmiyor.</translation>
    </message>
    <message>
        <source>{name} is not served: only safetensors and GGUF weights are, with their JSON and text files.</source>
        <translation>{name} sunulmuyor: yalnızca safetensors ve GGUF ağırlıkları, JSON ve metin dosyalarıyla birlikte sunulur.</translation>
    </message>
    <message>
        <source>{name} works, with a flaw: {reason}</source>
        <translation>{name} çalışıyor, ama kusurlu: {reason}</translation>
    </message>
    <message>
        <source>{name}, one of several cards, can&apos;t be used: {reason}</source>
        <translation>Birkaç karttan biri olan {name} kullanılamıyor: {reason}</translation>
    </message>
    <message>
        <source>{path} can&apos;t be the path of a model.</source>
        <translation>{path} bir modelin yolu olamaz.</translation>
    </message>
    <message>
        <source>{path} does not say what kind of model it is.</source>
        <translation>{path} bunun ne tür bir model olduğunu söylemiyor.</translation>
    </message>
    <message>
        <source>{path} does not tell how large the model is ({cause}).</source>
        <translation>{path} modelin ne kadar büyük olduğunu söylemiyor ({cause}).</translation>
    </message>
    <message>
        <source>{seconds:.0f} seconds</source>
        <translation>{seconds:.0f} saniye</translation>
    </message>
    <message>
        <source>{url} did not answer, so {origin} is used. It goes back by itself.</source>
        <translation>{url} yanıt vermedi, bu yüzden {origin} kullanılıyor. Kendiliğinden geri dönülür.</translation>
    </message>
    <message>
        <source>{model} holds no model: its config.json is missing.</source>
        <translation>{model} bir model içermiyor: config.json dosyası eksik.</translation>
    </message>
    <message>
        <source>1 day</source>
        <translation>1 gün</translation>
    </message>
    <message>
        <source>1 hour</source>
        <translation>1 saat</translation>
    </message>
    <message>
        <source>delegator&apos;s address</source>
        <translation>devredenin adresi</translation>
    </message>
    <message>
        <source>did not answer after the computer&apos;s sleep</source>
        <translation>bilgisayar uyandıktan sonra yanıt vermedi</translation>
    </message>
    <message>
        <source>disk quota exceeded</source>
        <translation>disk kotası aşıldı</translation>
    </message>
    <message>
        <source>too many open files</source>
        <translation>çok fazla açık dosya</translation>
    </message>
    <message>
        <source>validator</source>
        <translation>doğrulayıcı</translation>
    </message>
    <message>
        <source>validator address</source>
        <translation>doğrulayıcı adresi</translation>
    </message>
    <message>
        <source>what was sent did not arrive</source>
        <translation>gönderilen ulaşmadı</translation>
    </message>
    <message>
        <source>{count} days</source>
        <translation>{count} gün</translation>
    </message>
    <message>
        <source>{count} hours</source>
        <translation>{count} saat</translation>
    </message>
    <message>
        <source>{count} minutes</source>
        <translation>{count} dakika</translation>
    </message>
    <message>
        <source>{count} seconds</source>
        <translation>{count} saniye</translation>
    </message>
    <message>
        <source>{model} is not a GGUF file.</source>
        <translation>{model} bir GGUF dosyası değil.</translation>
    </message>
    <message>
        <source>{model} needs {needed} MB of GPU memory, and {free} MB are free on {gpu}.</source>
        <translation>{model} {needed} MB GPU belleği ister; {gpu} üzerinde {free} MB boş.</translation>
    </message>
    <message>
        <source>{model} needs {needed} MB of memory, more than is free.</source>
        <translation>{model} {needed} MB bellek ister; boş olandan fazla.</translation>
    </message>
    <message>
        <source>{model} needs {needed} MB on the disk before it can be served, and {free} MB are free.</source>
        <translation>{model} sunulmadan önce diskte {needed} MB ister; {free} MB boş.</translation>
    </message>
    <message>
        <source>{name} can&apos;t be read: {cause}.</source>
        <translation>{name} okunamıyor: {cause}.</translation>
    </message>
    <message>
        <source>{name} can&apos;t be written: {cause}.</source>
        <translation>{name} yazılamıyor: {cause}.</translation>
    </message>
    <message>
        <source>{name} has compute capability {capability}; the engine will tell whether that is enough.</source>
        <translation>{name} hesaplama yeteneği {capability}; yeterli olup olmadığını motor söyleyecek.</translation>
    </message>
    <message>
        <source>{name} has {total}.</source>
        <translation>{name}: {total}.</translation>
    </message>
    <message>
        <source>{name} is too large for an exported wallet.</source>
        <translation>{name} dışa aktarılmış bir cüzdan için çok büyük.</translation>
    </message>
    <message>
        <source>{name} is too old for the engine: {reason}</source>
        <translation>{name} motor için çok eski: {reason}</translation>
    </message>
    <message>
        <source>{name} needs an access token of its hub</source>
        <translation>{name} için kaynağının erişim belirteci gerekiyor</translation>
    </message>
    <message>
        <source>{name} was there and is gone.</source>
        <translation>{name} vardı ve yok oldu.</translation>
    </message>
    <message>
        <source>{name}: compute capability {capability}.</source>
        <translation>{name}: hesaplama yeteneği {capability}.</translation>
    </message>
    <message>
        <source>{name}: only {free} of {total} free.</source>
        <translation>{name}: {total} içinden yalnızca {free} boş.</translation>
    </message>
    <message>
        <source>{name}: {free} of {total} free.</source>
        <translation>{name}: {total} içinden {free} boş.</translation>
    </message>
    <message>
        <source>{nearest} is not a folder</source>
        <translation>{nearest} bir klasör değil</translation>
    </message>
    <message>
        <source>{origin} answers with HTTP status {status_code}: is it a R3MES gateway?</source>
        <translation>{origin} HTTP {status_code} durumuyla yanıt veriyor: bir R3MES ağ geçidi mi?</translation>
    </message>
    <message>
        <source>{origin} answers, but not like a R3MES gateway.</source>
        <translation>{origin} yanıt veriyor ama bir R3MES ağ geçidi gibi değil.</translation>
    </message>
    <message>
        <source>{path} can be written to.</source>
        <translation>{path} yazılabilir.</translation>
    </message>
    <message>
        <source>{path} can&apos;t be opened: {cause}.</source>
        <translation>{path} açılamıyor: {cause}.</translation>
    </message>
    <message>
        <source>{path} can&apos;t be read: {cause}.</source>
        <translation>{path} okunamıyor: {cause}.</translation>
    </message>
    <message>
        <source>{path} can&apos;t be used: {problem}.</source>
        <translation>{path} kullanılamıyor: {problem}.</translation>
    </message>
    <message>
        <source>{path} can&apos;t be written: {strerror}.</source>
        <translation>{path} yazılamıyor: {strerror}.</translation>
    </message>
    <message>
        <source>{path} holds several settings. Name one of them.</source>
        <translation>{path} birkaç ayar içeriyor. Birini belirtin.</translation>
    </message>
    <message>
        <source>{path} was written by a newer version.</source>
        <translation>{path} daha yeni bir sürümce yazılmış.</translation>
    </message>
    <message>
        <source>{reason} Nothing is signed for it.</source>
        <translation>{reason} Onun için hiçbir şey imzalanmaz.</translation>
    </message>
    <message>
        <source>{system} has no glibc.</source>
        <translation>{system} sisteminde glibc yok.</translation>
    </message>
    <message>
        <source>{url} answers.</source>
        <translation>{url} yanıt veriyor.</translation>
    </message>
    <message>
        <source>{variable} names {chosen}, which is not a program that can be started.</source>
        <translation>{variable} değişkeni {chosen} diyor; bu başlatılabilir bir program değil.</translation>
    </message>
    <message>
        <source>“{name}” is a wallet of the demo and signs for {only_chain_id} only.</source>
        <translation>“{name}” bir demo cüzdanıdır ve yalnızca {only_chain_id} için imzalar.</translation>
    </message>
    <message>
        <source>“{name}” is only watched: its key is not here, so it can&apos;t sign.</source>
        <translation>“{name}” yalnızca izleniyor: anahtarı burada değil, imzalayamaz.</translation>
    </message>
    <message>
        <source>“{name}” is only watched: its key is not here.</source>
        <translation>“{name}” yalnızca izleniyor: anahtarı burada değil.</translation>
    </message>
    <message>
        <source>“{network}” is a network that this program brings along: there is no signature to check.</source>
        <translation>“{network}” bu programın kendi getirdiği bir ağ: denetlenecek imza yok.</translation>
    </message>
    <message>
        <source>“{typed}” can mean {whole} or {start} and a fraction.</source>
        <translation>“{typed}”, {whole} ya da {start} ve kesir anlamına gelebilir.</translation>
    </message>
</context>
<context>
    <name>CoreThread</name>
    <message>
        <source>The launcher&apos;s core stopped unexpectedly ({detail}).</source>
        <translation>Başlatıcının çekirdeği beklenmedik biçimde durdu ({detail}).</translation>
    </message>
</context>
<context>
    <name>CreateSheet</name>
    <message>
        <source>Make a wallet</source>
        <translation>Cüzdan oluştur</translation>
    </message>
    <message>
        <source>You get words to write on paper next. They are the wallet: with them it comes back anywhere.</source>
        <translation>Sırada kâğıda yazacağınız sözcükler var. Cüzdan onlardır: onlarla her yerde geri gelir.</translation>
    </message>
    <message>
        <source>Wallet</source>
        <translation>Cüzdan</translation>
    </message>
    <message>
        <source>Another wallet</source>
        <translation>Başka cüzdan</translation>
    </message>
    <message>
        <source>How many words</source>
        <translation>Kaç sözcük</translation>
    </message>
    <message>
        <source>{count} words</source>
        <translation>{count} sözcük</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Make the wallet</source>
        <translation>Cüzdanı oluştur</translation>
    </message>
</context>
<context>
    <name>DemoBar</name>
    <message>
        <source>Recorded time</source>
        <translation>Kaydedilmiş saat</translation>
    </message>
    <message>
        <source>Take the tour</source>
        <translation>Tura katıl</translation>
    </message>
    <message>
        <source>Leave the demo</source>
        <translation>Demodan çık</translation>
    </message>
    <message>
        <source>Demo: recorded data, no real money. Nothing leaves this computer.</source>
        <translation>Demo: kaydedilmiş veriler, gerçek para yok. Bu bilgisayardan hiçbir şey çıkmaz.</translation>
    </message>
    <message>
        <source>Recorded on another computer: diagnostics of R3MES {version} on {system}, {begin} to {end}, from the file {name}. Nothing of it can be switched.</source>
        <translation>Başka bir bilgisayarda kaydedildi: {system} üzerindeki R3MES {version} tanılaması, {begin} – {end}, {name} dosyasından. Bunların hiçbiri açılıp kapatılamaz.</translation>
    </message>
    <message>
        <source>{time}, {rate} times as fast</source>
        <translation>{time}, {rate} kat hızlı</translation>
    </message>
    <message>
        <source>{time}, the end</source>
        <translation>{time}, son</translation>
    </message>
</context>
<context>
    <name>DeviceCard</name>
    <message>
        <source>GPUs</source>
        <translation>GPU&apos;lar</translation>
    </message>
    <message>
        <source>The best GPU, as the engine finds it</source>
        <translation>Motorun bulduğu en iyi GPU</translation>
    </message>
    <message>
        <source>Only these GPUs</source>
        <translation>Yalnızca bu GPU&apos;lar</translation>
    </message>
    <message>
        <source>The processor: slow, for trying it out</source>
        <translation>İşlemci: yavaş, denemek için</translation>
    </message>
    <message>
        <source>Tick at least one. Until then the engine takes the best one.</source>
        <translation>En az birini işaretleyin. O zamana kadar motor en iyisini alır.</translation>
    </message>
    <message>
        <source>No GPU is seen now; the GPUs page tells why.</source>
        <translation>Şu anda GPU görünmüyor; nedenini GPU&apos;lar sayfası söyler.</translation>
    </message>
    <message>
        <source>{uuid}: not in this computer now</source>
        <translation>{uuid}: şu anda bu bilgisayarda değil</translation>
    </message>
    <message>
        <source>{name}: lost</source>
        <translation>{name}: yitirildi</translation>
    </message>
</context>
<context>
    <name>Doctor</name>
    <message>
        <source>Graphics driver</source>
        <translation>Grafik sürücüsü</translation>
    </message>
    <message>
        <source>GPU generation</source>
        <translation>GPU kuşağı</translation>
    </message>
    <message>
        <source>GPU memory</source>
        <translation>GPU belleği</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Motor</translation>
    </message>
    <message>
        <source>Engine self-test</source>
        <translation>Motorun öz sınaması</translation>
    </message>
    <message>
        <source>Antivirus</source>
        <translation>Virüsten koruma</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Bellek</translation>
    </message>
    <message>
        <source>Disk space</source>
        <translation>Disk alanı</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Veri klasörü</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Ağ</translation>
    </message>
    <message>
        <source>Gateway</source>
        <translation>Ağ geçidi</translation>
    </message>
    <message>
        <source>Clock</source>
        <translation>Saat</translation>
    </message>
    <message>
        <source>Local connections</source>
        <translation>Yerel bağlantılar</translation>
    </message>
    <message>
        <source>System keyring</source>
        <translation>Sistem anahtarlığı</translation>
    </message>
    <message>
        <source>Python</source>
        <translation>Python</translation>
    </message>
    <message>
        <source>System library</source>
        <translation>Sistem kitaplığı</translation>
    </message>
    <message>
        <source>Switch Serving on</source>
        <translation>Sunmayı aç</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Yeniden dene</translation>
    </message>
    <message>
        <source>Use the CPU</source>
        <translation>İşlemciyi kullan</translation>
    </message>
    <message>
        <source>Open the data folder</source>
        <translation>Veri klasörünü aç</translation>
    </message>
    <message>
        <source>Choose a gateway</source>
        <translation>Ağ geçidi seç</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Günlüğü göster</translation>
    </message>
    <message>
        <source>Show the GPUs</source>
        <translation>GPU&apos;ları göster</translation>
    </message>
    <message>
        <source>Open the clock&apos;s settings</source>
        <translation>Saat ayarlarını aç</translation>
    </message>
    <message>
        <source>Open the network&apos;s settings</source>
        <translation>Ağ ayarlarını aç</translation>
    </message>
    <message>
        <source>Get the driver</source>
        <translation>Sürücüyü al</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>Komutu kopyala</translation>
    </message>
</context>
<context>
    <name>DoctorPage</name>
    <message>
        <source>Doctor</source>
        <translation>Doktor</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Yeniden bak</translation>
    </message>
    <message>
        <source>Copy the report</source>
        <translation>Raporu kopyala</translation>
    </message>
    <message>
        <source>Diagnostics…</source>
        <translation>Tanı bilgileri…</translation>
    </message>
    <message>
        <source>What somebody who helps needs to know: shown first, then saved as a file</source>
        <translation>Yardım eden birinin bilmesi gerekenler: önce gösterilir, sonra dosyaya kaydedilir</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>İlerleme</translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation>Bu bilgisayara bakılıyor…</translation>
    </message>
    <message>
        <source>{done} of {total} looked at. The engine&apos;s self-test takes longest.</source>
        <translation>{total} şeyden {done} tanesine bakıldı. En uzun süren, motorun öz sınamasıdır.</translation>
    </message>
    <message>
        <source>Not looked at yet</source>
        <translation>Henüz bakılmadı</translation>
    </message>
    <message>
        <source>The doctor tells what this computer lacks to be a node.</source>
        <translation>Doktor, bu bilgisayarın düğüm olmak için neyinin eksik olduğunu söyler.</translation>
    </message>
    <message>
        <source>Problems: {problems}.</source>
        <translation>Sorunlar: {problems}.</translation>
    </message>
    <message>
        <source>Warnings: {warnings}.</source>
        <translation>Uyarılar: {warnings}.</translation>
    </message>
    <message>
        <source>Something needs you</source>
        <translation>Yapmanız gereken bir şey var</translation>
    </message>
    <message>
        <source>It works, with warnings</source>
        <translation>Çalışıyor, ama uyarılar var</translation>
    </message>
    <message>
        <source>All is well</source>
        <translation>Her şey yolunda</translation>
    </message>
    <message>
        <source>Nothing of this computer is in the node&apos;s way.</source>
        <translation>Bu bilgisayarda düğüme engel olan bir şey yok.</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Sorunlar</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>Uyarılar</translation>
    </message>
    <message>
        <source>In order</source>
        <translation>Yolunda</translation>
    </message>
    <message>
        <source>Not available or not needed here</source>
        <translation>Burada yok ya da gerekmiyor</translation>
    </message>
    <message>
        <source>Copied. Run it in a terminal, then sign in again.</source>
        <translation>Kopyalandı. Bir terminalde çalıştırın, sonra yeniden oturum açın.</translation>
    </message>
    <message>
        <source>This desktop has no such page. In a terminal: {command}</source>
        <translation>Bu masaüstünde böyle bir sayfa yok. Bir terminalde: {command}</translation>
    </message>
</context>
<context>
    <name>DownloadControls</name>
    <message>
        <source>Access token</source>
        <translation>Erişim belirteci</translation>
    </message>
    <message>
        <source>It goes to the model&apos;s hub alone, and the system&apos;s keyring keeps it.</source>
        <translation>Yalnızca modelin deposuna gider ve sistemin anahtarlığında saklanır.</translation>
    </message>
    <message>
        <source>Use this token</source>
        <translation>Bu belirteci kullan</translation>
    </message>
    <message>
        <source>Pause download</source>
        <translation>İndirmeyi duraklat</translation>
    </message>
    <message>
        <source>Resume download</source>
        <translation>İndirmeyi sürdür</translation>
    </message>
    <message>
        <source>Cancel download</source>
        <translation>İndirmeyi iptal et</translation>
    </message>
    <message>
        <source>{name} is given to people with an account alone. Accept the makers&apos; terms on the model&apos;s page, then give an access token of your account.</source>
        <translation>{name} yalnızca hesabı olanlara verilir. Modelin sayfasında yapımcıların koşullarını kabul edin, sonra hesabınızın bir erişim belirtecini girin.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring did not take the token, so it is used this once.</source>
        <translation>Sistemin anahtarlığı belirteci almadı; bu yüzden yalnızca bu kez kullanılır.</translation>
    </message>
    <message>
        <source>Cancel the download of {name}?</source>
        <translation>{name} indirmesi iptal edilsin mi?</translation>
    </message>
    <message>
        <source>What came so far ({size}) is thrown away, and Serving goes off.</source>
        <translation>Şimdiye kadar gelen ({size}) atılır ve hizmet kapanır.</translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation>İndirmeyi iptal et</translation>
    </message>
    <message>
        <source>Go on with it</source>
        <translation>Sürdür</translation>
    </message>
</context>
<context>
    <name>Earnings</name>
    <message>
        <source>There is no gateway yet.</source>
        <translation>Henüz bir ağ geçidi yok.</translation>
    </message>
    <message>
        <source>Wait until it has started, or choose one on Home.</source>
        <translation>Başlamasını bekleyin ya da Ana sayfada bir tane seçin.</translation>
    </message>
    <message>
        <source>This gateway keeps no accounts, so it knows of no earnings.</source>
        <translation>Bu ağ geçidi hesap tutmuyor, bu yüzden kazançları bilmiyor.</translation>
    </message>
    <message>
        <source>A gateway on this computer is for trying things out. Nodes earn at a gateway of the network: choose it on Home.</source>
        <translation>Bu bilgisayardaki ağ geçidi denemek içindir. Düğümler ağdaki bir ağ geçidinde kazanır: onu Ana sayfada seçin.</translation>
    </message>
    <message>
        <source>The gateway can&apos;t be reached.</source>
        <translation>Ağ geçidine ulaşılamıyor.</translation>
    </message>
    <message>
        <source>It is asked again by itself.</source>
        <translation>Kendiliğinden yeniden sorulur.</translation>
    </message>
    <message>
        <source>There is no wallet yet.</source>
        <translation>Henüz bir cüzdan yok.</translation>
    </message>
    <message>
        <source>Earnings belong to the wallet that granted this node its roles. Make one on the Wallet page.</source>
        <translation>Kazanç, bu düğüme rol yetkisi veren cüzdanındır. Cüzdan sayfasında bir tane oluşturun.</translation>
    </message>
    <message>
        <source>The wallet is locked.</source>
        <translation>Cüzdan kilitli.</translation>
    </message>
    <message>
        <source>Unlock it on the Wallet page: it signs in at the gateway.</source>
        <translation>Cüzdan sayfasında kilidini açın: ağ geçidinde oturumu o açar.</translation>
    </message>
    <message>
        <source>This wallet is only watched: its key is not here, so it can&apos;t sign in at the gateway.</source>
        <translation>Bu cüzdan yalnızca izleniyor: anahtarı burada olmadığından ağ geçidinde oturum açamaz.</translation>
    </message>
    <message>
        <source>Choose a wallet with a key, or restore this one from its words.</source>
        <translation>Anahtarı olan bir cüzdan seçin ya da bunu sözcüklerinden geri yükleyin.</translation>
    </message>
    <message>
        <source>The gateway tells earnings to their owner alone.</source>
        <translation>Ağ geçidi kazançları yalnızca sahibine söyler.</translation>
    </message>
    <message>
        <source>Sign in: the wallet signs a text that proves that the address is yours. It moves no coins and costs nothing.</source>
        <translation>Oturum açın: cüzdan, adresin size ait olduğunu gösteren bir metni imzalar. Para taşımaz, ücreti yoktur.</translation>
    </message>
    <message>
        <source>The gateway asked for a signature for another address than the one that is in use, so nothing was signed.</source>
        <translation>Ağ geçidi, kullanılandan başka bir adres için imza istedi; bu yüzden hiçbir şey imzalanmadı.</translation>
    </message>
    <message>
        <source>Its operator has to set its public address, or you choose the gateway by that address.</source>
        <translation>İşletmecisi dışarıdan görünen adresini ayarlamalı ya da siz ağ geçidini o adresle seçmelisiniz.</translation>
    </message>
    <message>
        <source>The gateway did not give the earnings.</source>
        <translation>Ağ geçidi kazançları vermedi.</translation>
    </message>
    <message>
        <source>Try again, or ask its operator.</source>
        <translation>Yeniden deneyin ya da işletmecisine sorun.</translation>
    </message>
    <message>
        <source>Sign in</source>
        <translation>Oturum aç</translation>
    </message>
    <message>
        <source>Open the wallet</source>
        <translation>Cüzdanı aç</translation>
    </message>
    <message>
        <source>Open Home</source>
        <translation>Ana sayfayı aç</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Yeniden dene</translation>
    </message>
    <message>
        <source>Serving</source>
        <translation>Hizmet</translation>
    </message>
    <message>
        <source>Mining</source>
        <translation>Madencilik</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Bugün</translation>
    </message>
</context>
<context>
    <name>EarningsPage</name>
    <message>
        <source>Earnings</source>
        <translation>Kazanç</translation>
    </message>
    <message>
        <source>Prices…</source>
        <translation>Fiyatlar…</translation>
    </message>
    <message>
        <source>Type the prices of electricity and of a REMES</source>
        <translation>Elektriğin ve bir REMES&apos;in fiyatını yaz</translation>
    </message>
    <message>
        <source>Ask the gateway again</source>
        <translation>Ağ geçidine yeniden sor</translation>
    </message>
    <message>
        <source>Days that are shown</source>
        <translation>Gösterilen günler</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 gün</translation>
    </message>
    <message>
        <source>30 days</source>
        <translation>30 gün</translation>
    </message>
    <message>
        <source>90 days</source>
        <translation>90 gün</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Bakılıyor…</translation>
    </message>
    <message>
        <source>No earnings in these days</source>
        <translation>Bu günlerde kazanç yok</translation>
    </message>
    <message>
        <source>They begin with the first paid request that a node with your grant answers. Grant this computer&apos;s node on the Roles page and switch Serving on.</source>
        <translation>Kazanç, yetkilendirdiğiniz bir düğümün yanıtladığı ilk ücretli istekle başlar. Roller sayfasında bu bilgisayarın düğümünü yetkilendirin ve Hizmet&apos;i açın.</translation>
    </message>
    <message>
        <source>Without prices nobody can tell what is left after power.</source>
        <translation>Fiyatlar olmadan elektrikten sonra ne kaldığı bilinemez.</translation>
    </message>
    <message>
        <source>A REMES has no price yet, so nobody can tell what is left after power.</source>
        <translation>Bir REMES&apos;in henüz fiyatı yok; elektrikten sonra ne kaldığı bilinemez.</translation>
    </message>
    <message>
        <source>A REMES counts as {price}. The electricity has no price yet.</source>
        <translation>Bir REMES {price} sayılıyor. Elektriğin henüz fiyatı yok.</translation>
    </message>
    <message>
        <source>A REMES counts as {price}.</source>
        <translation>Bir REMES {price} sayılıyor.</translation>
    </message>
    <message>
        <source>For the break-even stop {done} of {needed} of serving are measured.</source>
        <translation>Başabaş durdurması için {needed} hizmetin {done} kadarı ölçüldü.</translation>
    </message>
    <message>
        <source>An hour of serving brings {income} and costs {cost}.</source>
        <translation>Bir saatlik hizmet {income} getiriyor, {cost} tutuyor.</translation>
    </message>
</context>
<context>
    <name>EngineCard</name>
    <message>
        <source>Engine</source>
        <translation>Motor</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>Süreç</translation>
    </message>
    <message>
        <source>Running for</source>
        <translation>Çalışma süresi</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>Yeniden başlatma</translation>
    </message>
    <message>
        <source>Last end</source>
        <translation>Son bitiş</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Aygıt</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Düğüm</translation>
    </message>
    <message>
        <source>Model to serve</source>
        <translation>Sunulacak model</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>CPU (slow, for testing)</source>
        <translation>CPU (yavaş, deneme için)</translation>
    </message>
    <message>
        <source>pid {pid}</source>
        <translation>pid {pid}</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Çalışıyor</translation>
    </message>
    <message>
        <source>Not running</source>
        <translation>Çalışmıyor</translation>
    </message>
    <message>
        <source>A new choice takes effect when the engine starts next.</source>
        <translation>Yeni seçim, motor bir sonraki başlayışında geçerli olur.</translation>
    </message>
</context>
<context>
    <name>ExportSheet</name>
    <message>
        <source>Export this wallet</source>
        <translation>Bu cüzdanı dışa aktar</translation>
    </message>
    <message>
        <source>The file is encrypted with a password of its own. Keep both apart from each other.</source>
        <translation>Dosya kendi parolasıyla şifrelenir. İkisini ayrı yerlerde saklayın.</translation>
    </message>
    <message>
        <source>Form</source>
        <translation>Biçim</translation>
    </message>
    <message>
        <source>For another R3MES launcher</source>
        <translation>Başka bir R3MES başlatıcısı için</translation>
    </message>
    <message>
        <source>For a Cosmos daemon (keys import)</source>
        <translation>Cosmos programı için (keys import)</translation>
    </message>
    <message>
        <source>Your password</source>
        <translation>Parolanız</translation>
    </message>
    <message>
        <source>Password for the file</source>
        <translation>Dosyanın parolası</translation>
    </message>
    <message>
        <source>At least 8 characters.</source>
        <translation>En az 8 karakter.</translation>
    </message>
    <message>
        <source>The file&apos;s password once more</source>
        <translation>Dosyanın parolası, bir kez daha</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Farklı kaydet…</translation>
    </message>
    <message>
        <source>The two passwords differ.</source>
        <translation>İki parola farklı.</translation>
    </message>
    <message>
        <source>Save the export</source>
        <translation>Dışa aktarımı kaydet</translation>
    </message>
</context>
<context>
    <name>Figures</name>
    <message>
        <source>{number} %</source>
        <translation>%{number}</translation>
    </message>
    <message>
        <source>{days} d {hours} h</source>
        <translation>{days} g {hours} sa</translation>
    </message>
    <message>
        <source>{hours} h {minutes:02d} min</source>
        <translation>{hours} sa {minutes:02d} dk</translation>
    </message>
    <message>
        <source>{minutes} min {seconds:02d} s</source>
        <translation>{minutes} dk {seconds:02d} sn</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} sn</translation>
    </message>
    <message>
        <source>{days} d</source>
        <translation>{days} g</translation>
    </message>
    <message>
        <source>{hours} h</source>
        <translation>{hours} sa</translation>
    </message>
    <message>
        <source>{minutes} min</source>
        <translation>{minutes} dk</translation>
    </message>
</context>
<context>
    <name>FirstRunSheet</name>
    <message>
        <source>Not now</source>
        <translation>Şimdi değil</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Geri</translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation>Demoyu dene</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
    <message>
        <source>Welcome to R3MES</source>
        <translation>R3MES&apos;e hoş geldiniz</translation>
    </message>
    <message>
        <source>What this computer can do</source>
        <translation>Bu bilgisayar ne yapabilir</translation>
    </message>
    <message>
        <source>Engine and model</source>
        <translation>Motor ve model</translation>
    </message>
    <message>
        <source>A wallet for what it earns</source>
        <translation>Kazancı için bir cüzdan</translation>
    </message>
    <message>
        <source>Where requests come from</source>
        <translation>İstekler nereden gelir</translation>
    </message>
    <message>
        <source>Ready to start</source>
        <translation>Başlamaya hazır</translation>
    </message>
    <message>
        <source>{step} of {count}</source>
        <translation>{step} / {count}</translation>
    </message>
    <message>
        <source>Serve with this computer</source>
        <translation>Bu bilgisayarla hizmet ver</translation>
    </message>
    <message>
        <source>Start serving</source>
        <translation>Hizmeti başlat</translation>
    </message>
    <message>
        <source>This computer can answer requests for an AI network and be paid for it.</source>
        <translation>Bu bilgisayar bir yapay zekâ ağının isteklerini yanıtlayıp karşılığında ödeme alabilir.</translation>
    </message>
    <message>
        <source>A few questions, and it serves. Nothing is downloaded before you say so, and all of it can be changed later.</source>
        <translation>Birkaç soru, ardından hizmet başlar. Siz demeden hiçbir şey indirilmez, hepsi sonradan değiştirilebilir.</translation>
    </message>
    <message>
        <source>Only curious? The demo plays a computer with two GPUs, offline and without a download.</source>
        <translation>Yalnızca merak mı ettiniz? Demo, iki GPU&apos;lu bir bilgisayarı çevrimdışı ve indirmesiz canlandırır.</translation>
    </message>
    <message>
        <source>Ready to serve: {cards}</source>
        <translation>Hizmete hazır: {cards}</translation>
    </message>
    <message>
        <source>No GPU found</source>
        <translation>GPU bulunamadı</translation>
    </message>
    <message>
        <source>The driver works but sees no usable GPU.</source>
        <translation>Sürücü çalışıyor ama kullanılabilir GPU görmüyor.</translation>
    </message>
    <message>
        <source>Serve with the GPU</source>
        <translation>GPU ile hizmet ver</translation>
    </message>
    <message>
        <source>Serve with a GPU (none is usable now)</source>
        <translation>GPU ile hizmet ver (şu anda kullanılabilir yok)</translation>
    </message>
    <message>
        <source>Serve with the processor: slow, to try things out</source>
        <translation>İşlemci ile hizmet ver: yavaş, denemek için</translation>
    </message>
    <message>
        <source>The engine is installed already.</source>
        <translation>Motor zaten kurulu.</translation>
    </message>
    <message>
        <source>The engine is downloaded once: {size}.</source>
        <translation>Motor bir kez indirilir: {size}.</translation>
    </message>
    <message>
        <source>The engine is downloaded once, when you start.</source>
        <translation>Motor başlattığınızda bir kez indirilir.</translation>
    </message>
    <message>
        <source>It gets its own folder; nothing else on this computer changes, and you can cancel it.</source>
        <translation>Kendi klasörüne kurulur; bu bilgisayarda başka bir şey değişmez, vazgeçebilirsiniz.</translation>
    </message>
    <message>
        <source>It begins with a small model that comes with it, SmolLM2 135M, so the first answer needs no other download. Choose a larger one on Home at any time.</source>
        <translation>Yanında gelen küçük bir modelle, SmolLM2 135M ile başlar; ilk yanıt için başka indirme gerekmez. Ana sayfada istediğiniz an daha büyüğünü seçin.</translation>
    </message>
    <message>
        <source>What the node earns goes to your wallet. Serving for a try needs none.</source>
        <translation>Düğümün kazancı cüzdanınıza gider. Denemek için cüzdan gerekmez.</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Sonra</translation>
    </message>
    <message>
        <source>Make a wallet when serving has started</source>
        <translation>Hizmet başlayınca cüzdan oluştur</translation>
    </message>
    <message>
        <source>Restore one from its words when serving has started</source>
        <translation>Hizmet başlayınca sözcüklerden geri yükle</translation>
    </message>
    <message>
        <source>A gateway hands requests to nodes. One comes with R3MES, for yourself.</source>
        <translation>Ağ geçidi istekleri düğümlere dağıtır. R3MES ile kendiniz için bir tane gelir.</translation>
    </message>
    <message>
        <source>The gateway on this computer</source>
        <translation>Bu bilgisayardaki ağ geçidi</translation>
    </message>
    <message>
        <source>A gateway of the network, by its address</source>
        <translation>Ağdaki bir ağ geçidi, adresiyle</translation>
    </message>
    <message>
        <source>Address of the gateway</source>
        <translation>Ağ geçidinin adresi</translation>
    </message>
    <message>
        <source>the GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>the processor (slow)</source>
        <translation>işlemci (yavaş)</translation>
    </message>
    <message>
        <source>the one on this computer</source>
        <translation>bu bilgisayardaki</translation>
    </message>
    <message>
        <source>size not known yet</source>
        <translation>boyut henüz bilinmiyor</translation>
    </message>
    <message>
        <source>Serves with: {device}</source>
        <translation>Hizmet aygıtı: {device}</translation>
    </message>
    <message>
        <source>Model: {model}</source>
        <translation>Model: {model}</translation>
    </message>
    <message>
        <source>Gateway: {gateway}</source>
        <translation>Ağ geçidi: {gateway}</translation>
    </message>
    <message>
        <source>Download: {size}</source>
        <translation>İndirme: {size}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>yok</translation>
    </message>
    <message>
        <source>Starting switches Serving on. Home shows how far it is and stops it.</source>
        <translation>Başlatmak Hizmet&apos;i açar. Ana sayfa ilerlemeyi gösterir ve durdurur.</translation>
    </message>
    <message>
        <source>Choose what this computer should do.</source>
        <translation>Bu bilgisayarın ne yapacağını seçin.</translation>
    </message>
    <message>
        <source>There is no usable GPU. Choose the processor, or stop here and mend the driver first.</source>
        <translation>Kullanılabilir GPU yok. İşlemciyi seçin ya da burada durup önce sürücüyü düzeltin.</translation>
    </message>
    <message>
        <source>Enter the gateway&apos;s address, such as https://gateway.example.org.</source>
        <translation>Ağ geçidinin adresini girin; örneğin https://gateway.example.org.</translation>
    </message>
</context>
<context>
    <name>GatewayCard</name>
    <message>
        <source>Gateway</source>
        <translation>Ağ geçidi</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adres</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>Kip</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>Süreç</translation>
    </message>
    <message>
        <source>Running for</source>
        <translation>Çalışma süresi</translation>
    </message>
    <message>
        <source>Where requests come from</source>
        <translation>İstekler nereden gelir</translation>
    </message>
    <message>
        <source>A gateway on this computer</source>
        <translation>Bu bilgisayardaki ağ geçidi</translation>
    </message>
    <message>
        <source>Another gateway</source>
        <translation>Başka bir ağ geçidi</translation>
    </message>
    <message>
        <source>Address of the gateway</source>
        <translation>Ağ geçidinin adresi</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>Bağlan</translation>
    </message>
    <message>
        <source>pid {pid}</source>
        <translation>pid {pid}</translation>
    </message>
    <message>
        <source>Enter the gateway&apos;s address, such as https://gateway.example.org.</source>
        <translation>Ağ geçidinin adresini girin; örneğin https://gateway.example.org.</translation>
    </message>
    <message>
        <source>remote: nodes answer</source>
        <translation>remote: düğümler yanıtlar</translation>
    </message>
    <message>
        <source>local: an engine of its own answers</source>
        <translation>local: kendi motoru yanıtlar</translation>
    </message>
    <message>
        <source>mock: answers are made up</source>
        <translation>mock: yanıtlar uydurmadır</translation>
    </message>
    <message>
        <source>disabled: nothing is answered</source>
        <translation>disabled: hiçbir şey yanıtlanmaz</translation>
    </message>
</context>
<context>
    <name>GatewaysCard</name>
    <message>
        <source>Gateways</source>
        <translation>Ağ geçitleri</translation>
    </message>
    <message>
        <source>A gateway on this computer</source>
        <translation>Bu bilgisayardaki ağ geçidi</translation>
    </message>
    <message>
        <source>Other gateways</source>
        <translation>Başka ağ geçitleri</translation>
    </message>
    <message>
        <source>The node uses the first that answers, and goes back to an earlier one when that does again. Each gateway wants a grant of its own: the page Roles makes them, under “This computer&apos;s node”.</source>
        <translation>Düğüm yanıt veren ilk ağ geçidini kullanır; önceki yeniden yanıt verince ona döner. Her ağ geçidi kendine ait bir yetki ister: bunları Roller sayfasındaki “Bu bilgisayarın düğümü” hazırlar.</translation>
    </message>
    <message>
        <source>Gateways in the order of preference</source>
        <translation>Tercih sırasıyla ağ geçitleri</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Öne al</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Sona al</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Kaldır</translation>
    </message>
    <message>
        <source>Address of another gateway</source>
        <translation>Başka bir ağ geçidinin adresi</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Ekle</translation>
    </message>
    <message>
        <source>Enter the gateway&apos;s address, such as https://gateway.example.org.</source>
        <translation>Ağ geçidinin adresini girin; örneğin https://gateway.example.org.</translation>
    </message>
    <message>
        <source>This gateway is in the list already.</source>
        <translation>Bu ağ geçidi zaten listede.</translation>
    </message>
    <message>
        <source>The list is full. Remove a gateway first.</source>
        <translation>Liste dolu. Önce bir ağ geçidini kaldırın.</translation>
    </message>
</context>
<context>
    <name>GpuCard</name>
    <message>
        <source>Memory</source>
        <translation>Bellek</translation>
    </message>
    <message>
        <source>Utilisation</source>
        <translation>Kullanım</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Sıcaklık</translation>
    </message>
    <message>
        <source>Power</source>
        <translation>Güç</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Şimdi</translation>
    </message>
    <message>
        <source>Lowest</source>
        <translation>En düşük</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>Ortalama</translation>
    </message>
    <message>
        <source>Highest</source>
        <translation>En yüksek</translation>
    </message>
    <message>
        <source>Figures of {card}</source>
        <translation>{card} değerleri</translation>
    </message>
    <message>
        <source>It works, with a flaw</source>
        <translation>Çalışıyor, ama kusurlu</translation>
    </message>
    <message>
        <source>The engine can&apos;t use this card</source>
        <translation>Motor bu kartı kullanamıyor</translation>
    </message>
    <message>
        <source>Compute capability {version}</source>
        <translation>Hesaplama yeteneği {version}</translation>
    </message>
    <message>
        <source>This card is gone.</source>
        <translation>Bu kart kayboldu.</translation>
    </message>
    <message>
        <source>The driver lost it, often after sleep or a fault. Restart the computer if it does not come back.</source>
        <translation>Sürücü onu yitirdi; çoğu zaman uyku ya da arıza sonrası olur. Geri gelmezse bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>of {total}</source>
        <translation>/ {total}</translation>
    </message>
    <message>
        <source>too hot</source>
        <translation>çok sıcak</translation>
    </message>
    <message>
        <source>hot</source>
        <translation>sıcak</translation>
    </message>
</context>
<context>
    <name>GpusPage</name>
    <message>
        <source>GPUs</source>
        <translation>GPU&apos;lar</translation>
    </message>
    <message>
        <source>Open the doctor</source>
        <translation>Doktoru aç</translation>
    </message>
    <message>
        <source>Time that the charts show</source>
        <translation>Grafiklerin gösterdiği süre</translation>
    </message>
    <message>
        <source>10 minutes</source>
        <translation>10 dakika</translation>
    </message>
    <message>
        <source>24 hours</source>
        <translation>24 saat</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 gün</translation>
    </message>
    <message>
        <source>90 days</source>
        <translation>90 gün</translation>
    </message>
    <message>
        <source>Show as a table</source>
        <translation>Tablo olarak göster</translation>
    </message>
    <message>
        <source>Driver {version}</source>
        <translation>Sürücü {version}</translation>
    </message>
    <message>
        <source>{energy} used by the cards</source>
        <translation>Kartlar {energy} kullandı</translation>
    </message>
    <message>
        <source>{cost} of electricity</source>
        <translation>{cost} elektrik</translation>
    </message>
</context>
<context>
    <name>HistoryCard</name>
    <message>
        <source>Save as CSV</source>
        <translation>CSV olarak kaydet</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Ne zaman</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Ne</translation>
    </message>
    <message>
        <source>Block</source>
        <translation>Blok</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Durum</translation>
    </message>
    <message>
        <source>Nothing yet. What this wallet sends and receives is listed here.</source>
        <translation>Henüz bir şey yok. Bu cüzdanın gönderdikleri ve aldıkları burada listelenir.</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Tamamlandı</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Başarısız</translation>
    </message>
    <message>
        <source>Received, or sent from elsewhere</source>
        <translation>Alındı ya da başka yerden gönderildi</translation>
    </message>
    <message>
        <source>Save the history</source>
        <translation>Geçmişi kaydet</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>{name} olarak kaydedildi.</translation>
    </message>
    <message>
        <source>Could not save {name}: {why}</source>
        <translation>{name} kaydedilemedi: {why}</translation>
    </message>
</context>
<context>
    <name>HomePage</name>
    <message>
        <source>Home</source>
        <translation>Ana sayfa</translation>
    </message>
    <message>
        <source>Demo</source>
        <translation>Demo</translation>
    </message>
    <message>
        <source>New here? The demo plays a computer with two GPUs, offline and without a download.</source>
        <translation>Yeni misiniz? Demo, iki GPU&apos;lu bir bilgisayarı çevrimdışı ve indirmesiz canlandırır.</translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation>Demoyu dene</translation>
    </message>
</context>
<context>
    <name>ImportSheet</name>
    <message>
        <source>Import a wallet&apos;s file</source>
        <translation>Cüzdan dosyasını içe aktar</translation>
    </message>
    <message>
        <source>An encrypted export of this launcher, or a key that a Cosmos daemon exported.</source>
        <translation>Bu başlatıcının şifreli dışa aktarımı ya da bir Cosmos programının dışa aktardığı anahtar.</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Dosya</translation>
    </message>
    <message>
        <source>Choose the file</source>
        <translation>Dosyayı seç</translation>
    </message>
    <message>
        <source>Password of the file</source>
        <translation>Dosyanın parolası</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>İçe aktar</translation>
    </message>
    <message>
        <source>Choose the file first.</source>
        <translation>Önce dosyayı seçin.</translation>
    </message>
</context>
<context>
    <name>LockedView</name>
    <message>
        <source>Locked wallet</source>
        <translation>Kilitli cüzdan</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Parola</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>Kilidi aç</translation>
    </message>
    <message>
        <source>Use the system&apos;s keyring</source>
        <translation>Sistemin anahtarlığını kullan</translation>
    </message>
    <message>
        <source>Use the backup of the file</source>
        <translation>Dosyanın yedeğini kullan</translation>
    </message>
    <message>
        <source>Forgotten? The words of a wallet bring it back; nothing else does.</source>
        <translation>Unuttunuz mu? Cüzdanı yalnızca sözcükleri geri getirir; başka hiçbir şey getirmez.</translation>
    </message>
    <message>
        <source>The wallet&apos;s file is damaged</source>
        <translation>Cüzdanın dosyası bozuk</translation>
    </message>
    <message>
        <source>Locked</source>
        <translation>Kilitli</translation>
    </message>
    <message>
        <source>Type your password.</source>
        <translation>Parolanızı yazın.</translation>
    </message>
</context>
<context>
    <name>LogView</name>
    <message>
        <source>Log lines</source>
        <translation>Günlük satırları</translation>
    </message>
    <message>
        <source>No line passes these filters.</source>
        <translation>Bu süzgeçlerden geçen satır yok.</translation>
    </message>
    <message>
        <source>No lines yet.</source>
        <translation>Henüz satır yok.</translation>
    </message>
</context>
<context>
    <name>LogsPage</name>
    <message>
        <source>Logs</source>
        <translation>Günlük</translation>
    </message>
    <message>
        <source>Show lines with…</source>
        <translation>Şunu içeren satırlar…</translation>
    </message>
    <message>
        <source>Text to look for</source>
        <translation>Aranacak metin</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Düzey</translation>
    </message>
    <message>
        <source>All levels</source>
        <translation>Tüm düzeyler</translation>
    </message>
    <message>
        <source>From info</source>
        <translation>Bilgi ve üstü</translation>
    </message>
    <message>
        <source>From warning</source>
        <translation>Uyarı ve üstü</translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation>Yalnızca hatalar</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Kaynak</translation>
    </message>
    <message>
        <source>All sources</source>
        <translation>Tüm kaynaklar</translation>
    </message>
    <message>
        <source>Launcher</source>
        <translation>Başlatıcı</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Motor</translation>
    </message>
    <message>
        <source>Gateway</source>
        <translation>Ağ geçidi</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>İzle</translation>
    </message>
    <message>
        <source>Copy the selected lines, or all that are shown</source>
        <translation>Seçili satırları ya da görünenlerin hepsini kopyala</translation>
    </message>
    <message>
        <source>Save the lines that are shown</source>
        <translation>Görünen satırları kaydet</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Temizle</translation>
    </message>
    <message>
        <source>No lines yet.</source>
        <translation>Henüz satır yok.</translation>
    </message>
    <message numerus="yes">
        <source>%Ln line(s)</source>
        <translation>
            <numerusform>%Ln satır</numerusform>
        </translation>
    </message>
    <message>
        <source>{shown} of {count} lines</source>
        <translation>{count} satırdan {shown} tanesi</translation>
    </message>
    <message>
        <source>{count} left out in a flood</source>
        <translation>taşkında {count} satır atlandı</translation>
    </message>
    <message numerus="yes">
        <source>%Ln line(s) copied.</source>
        <translation>
            <numerusform>%Ln satır kopyalandı.</numerusform>
        </translation>
    </message>
    <message>
        <source>Save the log</source>
        <translation>Günlüğü kaydet</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>{name} olarak kaydedildi.</translation>
    </message>
    <message>
        <source>Could not save {name}: {why}</source>
        <translation>{name} kaydedilemedi: {why}</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Home</source>
        <translation>Ana sayfa</translation>
    </message>
    <message>
        <source>GPUs</source>
        <translation>GPU&apos;lar</translation>
    </message>
    <message>
        <source>Earnings</source>
        <translation>Kazanç</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>İstekler</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Sohbet</translation>
    </message>
    <message>
        <source>Wallet</source>
        <translation>Cüzdan</translation>
    </message>
    <message>
        <source>Roles</source>
        <translation>Roller</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Günlük</translation>
    </message>
    <message>
        <source>Doctor</source>
        <translation>Doktor</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Ayarlar</translation>
    </message>
    <message>
        <source>R3MES demo</source>
        <translation>R3MES demo</translation>
    </message>
    <message>
        <source>Gateway: {state}</source>
        <translation>Ağ geçidi: {state}</translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message>
        <source>You</source>
        <translation>Siz</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Yanıt</translation>
    </message>
    <message>
        <source>Waiting for the first word…</source>
        <translation>İlk sözcük bekleniyor…</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>Yeniden sor</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>Yanıtı kopyala</translation>
    </message>
    <message>
        <source>Answer anew</source>
        <translation>Yeniden yanıtla</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Durduruldu.</translation>
    </message>
    <message>
        <source>The answer ended at its length limit.</source>
        <translation>Yanıt uzunluk sınırında bitti.</translation>
    </message>
    <message>
        <source>first word after {seconds} s</source>
        <translation>ilk sözcük {seconds} sn sonra</translation>
    </message>
    <message>
        <source>{rate} tokens/s</source>
        <translation>{rate} token/sn</translation>
    </message>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln token</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>Model</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>Model to serve</source>
        <translation>Sunulacak model</translation>
    </message>
    <message>
        <source>Requests at the same time</source>
        <translation>Aynı anda istek</translation>
    </message>
    <message>
        <source>as the engine sees fit</source>
        <translation>motorun uygun gördüğü kadar</translation>
    </message>
    <message>
        <source>More at a time serve more people and take more memory. 0: the engine decides.</source>
        <translation>Aynı anda daha çok istek daha çok kişiye hizmet eder ve daha çok bellek ister. 0: motor karar verir.</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Model</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>Model to ask</source>
        <translation>Sorulacak model</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adaptör</translation>
    </message>
    <message>
        <source>Adapter to ask</source>
        <translation>Sorulacak adaptör</translation>
    </message>
    <message>
        <source>none</source>
        <translation>yok</translation>
    </message>
    <message>
        <source>as the gateway thinks best</source>
        <translation>ağ geçidi seçsin</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Model to serve</source>
        <translation>Sunulacak model</translation>
    </message>
    <message>
        <source>SmolLM2 135M (built-in)</source>
        <translation>SmolLM2 135M (yerleşik)</translation>
    </message>
    <message>
        <source>Choose a GGUF file</source>
        <translation>GGUF dosyası seç</translation>
    </message>
    <message>
        <source>Choose a model folder</source>
        <translation>Model klasörü seç</translation>
    </message>
    <message>
        <source>Models (*.gguf)</source>
        <translation>Modeller (*.gguf)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Tüm dosyalar (*)</translation>
    </message>
</context>
<context>
    <name>MoveStakeSheet</name>
    <message>
        <source>Move a stake</source>
        <translation>Stake&apos;i taşı</translation>
    </message>
    <message>
        <source>The coins keep earning. Until the unbonding time is over they can&apos;t be moved on a second time.</source>
        <translation>Paralar kazanmayı sürdürür. Çözülme süresi bitene kadar ikinci kez taşınamazlar.</translation>
    </message>
    <message>
        <source>From validator</source>
        <translation>Bu doğrulayıcıdan</translation>
    </message>
    <message>
        <source>To validator</source>
        <translation>Bu doğrulayıcıya</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
    <message>
        <source>There is no other validator to move to.</source>
        <translation>Taşınacak başka doğrulayıcı yok.</translation>
    </message>
</context>
<context>
    <name>Navigation</name>
    <message>
        <source>Pages</source>
        <translation>Sayfalar</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Düğüm</translation>
    </message>
</context>
<context>
    <name>News</name>
    <message>
        <source>This computer stopped serving</source>
        <translation>Bu bilgisayar hizmeti durdurdu</translation>
    </message>
    <message>
        <source>A GPU is too hot</source>
        <translation>Bir GPU çok sıcak</translation>
    </message>
    <message>
        <source>Serving pauses until it has cooled down.</source>
        <translation>Soğuyana kadar hizmet duraklar.</translation>
    </message>
    <message>
        <source>The gateway does not answer</source>
        <translation>Ağ geçidi yanıt vermiyor</translation>
    </message>
    <message>
        <source>Serving is paused and needs you</source>
        <translation>Hizmet duraklatıldı ve sizi bekliyor</translation>
    </message>
    <message>
        <source>Something is wrong with a GPU</source>
        <translation>Bir GPU&apos;da sorun var</translation>
    </message>
    <message>
        <source>Serving is paused</source>
        <translation>Hizmet duraklatıldı</translation>
    </message>
    <message>
        <source>This computer serves again</source>
        <translation>Bu bilgisayar yeniden hizmet veriyor</translation>
    </message>
</context>
<context>
    <name>NodeCard</name>
    <message>
        <source>On the chain</source>
        <translation>Zincirde</translation>
    </message>
    <message>
        <source>Declared stake</source>
        <translation>Bildirilen stake</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Durum</translation>
    </message>
    <message>
        <source>Grant</source>
        <translation>Yetki</translation>
    </message>
    <message>
        <source>For the gateway</source>
        <translation>Ağ geçidi için</translation>
    </message>
    <message>
        <source>Grant this node for 90 days</source>
        <translation>Bu düğümü 90 gün yetkilendir</translation>
    </message>
    <message>
        <source>Take the grant back</source>
        <translation>Yetkiyi geri al</translation>
    </message>
    <message>
        <source>registered: {roles}, since block {height}</source>
        <translation>kayıtlı: {roles}, {height}. bloktan beri</translation>
    </message>
    <message>
        <source>no role</source>
        <translation>rol yok</translation>
    </message>
    <message>
        <source>not registered</source>
        <translation>kayıtlı değil</translation>
    </message>
    <message>
        <source>A gateway of this node has no grant</source>
        <translation>Bu düğümün bir ağ geçidi için yetki yok</translation>
    </message>
    <message>
        <source>The node would be refused there: {gateways}. Grant it again: that signs one for each gateway.</source>
        <translation>Düğüm orada geri çevrilir: {gateways}. Yeniden yetki verin: her ağ geçidi için bir tane imzalanır.</translation>
    </message>
    <message>
        <source>What the chain made of it</source>
        <translation>Zincirin yanıtı</translation>
    </message>
    <message>
        <source>Switch Serving on once: the node makes its key at its first start.</source>
        <translation>Hizmet&apos;i bir kez açın: düğüm anahtarını ilk başlayışında oluşturur.</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>henüz yok</translation>
    </message>
    <message>
        <source>expired on {time}</source>
        <translation>{time} tarihinde sona erdi</translation>
    </message>
    <message>
        <source>for another node key; make a new one</source>
        <translation>başka bir düğüm anahtarı için; yenisini oluşturun</translation>
    </message>
    <message>
        <source>active</source>
        <translation>etkin</translation>
    </message>
    <message>
        <source>inactive</source>
        <translation>etkin değil</translation>
    </message>
    <message>
        <source>suspended</source>
        <translation>askıda</translation>
    </message>
    <message>
        <source>slashed</source>
        <translation>cezalandırıldı</translation>
    </message>
    <message>
        <source>not said</source>
        <translation>belirtilmedi</translation>
    </message>
    <message>
        <source>for another gateway; make a new one for this one</source>
        <translation>başka bir ağ geçidi için; bunun için yenisini oluşturun</translation>
    </message>
    <message>
        <source>A grant lets this computer&apos;s node take part for your wallet, at one gateway; where there are several, each gets its own. The node&apos;s own key can move no money, so nothing worth stealing lies on a computer that runs unattended.</source>
        <translation>Yetki, bu bilgisayarın düğümünün bir ağ geçidinde cüzdanınız adına katılmasını sağlar; birden çok ağ geçidi varsa her biri kendininkini alır. Düğümün kendi anahtarı para hareket ettiremez; başında kimse olmayan bir bilgisayarda çalınmaya değer bir şey durmaz.</translation>
    </message>
    <message>
        <source>{roles}, until {time}</source>
        <translation>{roles}, {time} tarihine kadar</translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message>
        <source>This wallet is not backed up</source>
        <translation>Bu cüzdan yedeklenmedi</translation>
    </message>
    <message>
        <source>If this computer is lost, so are its coins. Write its words down and show that you have them.</source>
        <translation>Bu bilgisayar yitirilirse paraları da yiter. Sözcüklerini yazın ve elinizde olduğunu gösterin.</translation>
    </message>
    <message>
        <source>Back it up now</source>
        <translation>Şimdi yedekle</translation>
    </message>
    <message>
        <source>I know why: accept it</source>
        <translation>Nedenini biliyorum: kabul et</translation>
    </message>
    <message>
        <source>It was paid</source>
        <translation>Ödendi</translation>
    </message>
    <message>
        <source>It was not paid</source>
        <translation>Ödenmedi</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Kapat</translation>
    </message>
    <message>
        <source>The network is not what it was: nothing is signed</source>
        <translation>Ağ eskisi gibi değil: hiçbir şey imzalanmıyor</translation>
    </message>
    <message>
        <source>{difference} The node may be wrong or hostile.</source>
        <translation>{difference} Düğüm yanılıyor ya da kötü niyetli olabilir.</translation>
    </message>
    <message>
        <source>The network does not answer</source>
        <translation>Ağ yanıt vermiyor</translation>
    </message>
    <message>
        <source>“{payment}” is unclear</source>
        <translation>“{payment}” belirsiz</translation>
    </message>
</context>
<context>
    <name>NotificationsCard</name>
    <message>
        <source>What you are told</source>
        <translation>Size bildirilenler</translation>
    </message>
    <message>
        <source>Serving stopped by a fault</source>
        <translation>Hizmet bir arızayla durdu</translation>
    </message>
    <message>
        <source>A GPU is too hot</source>
        <translation>Bir GPU çok sıcak</translation>
    </message>
    <message>
        <source>The gateway does not answer</source>
        <translation>Ağ geçidi yanıt vermiyor</translation>
    </message>
    <message>
        <source>Paused until you do something about it</source>
        <translation>Siz bir şey yapana kadar duraklatıldı</translation>
    </message>
    <message>
        <source>Something is wrong with a GPU</source>
        <translation>Bir GPU&apos;da sorun var</translation>
    </message>
    <message>
        <source>Paused by something else than you</source>
        <translation>Sizden başka bir nedenle duraklatıldı</translation>
    </message>
    <message>
        <source>Serving again after trouble</source>
        <translation>Sorundan sonra yeniden hizmet</translation>
    </message>
    <message>
        <source>Not at all</source>
        <translation>Hiç</translation>
    </message>
    <message>
        <source>In this window</source>
        <translation>Bu pencerede</translation>
    </message>
    <message>
        <source>As a message of the desktop</source>
        <translation>Masaüstü bildirimi olarak</translation>
    </message>
    <message>
        <source>No messages of the desktop between</source>
        <translation>Şu saatler arasında masaüstü bildirimi yok</translation>
    </message>
    <message>
        <source>Quiet from</source>
        <translation>Sessizlik başlangıcı</translation>
    </message>
    <message>
        <source>Quiet until</source>
        <translation>Sessizlik bitişi</translation>
    </message>
</context>
<context>
    <name>OpenRoles</name>
    <message>
        <source>Stake</source>
        <translation>Stake</translation>
    </message>
    <message>
        <source>This computer&apos;s node</source>
        <translation>Bu bilgisayarın düğümü</translation>
    </message>
</context>
<context>
    <name>OpenWallet</name>
    <message>
        <source>History</source>
        <translation>Geçmiş</translation>
    </message>
    <message>
        <source>Address book</source>
        <translation>Adres defteri</translation>
    </message>
    <message>
        <source>Make a wallet</source>
        <translation>Cüzdan oluştur</translation>
    </message>
    <message>
        <source>Restore one from its words</source>
        <translation>Sözcüklerden geri yükle</translation>
    </message>
    <message>
        <source>Import a file</source>
        <translation>Dosyadan içe aktar</translation>
    </message>
    <message>
        <source>Watch an address</source>
        <translation>Bir adresi izle</translation>
    </message>
</context>
<context>
    <name>PasswordSheet</name>
    <message>
        <source>Change the password</source>
        <translation>Parolayı değiştir</translation>
    </message>
    <message>
        <source>The password until now</source>
        <translation>Şimdiki parola</translation>
    </message>
    <message>
        <source>New password</source>
        <translation>Yeni parola</translation>
    </message>
    <message>
        <source>At least 8 characters.</source>
        <translation>En az 8 karakter.</translation>
    </message>
    <message>
        <source>The new password once more</source>
        <translation>Yeni parola, bir kez daha</translation>
    </message>
    <message>
        <source>The file&apos;s backup is renewed with it: the old password opens nothing any more.</source>
        <translation>Dosyanın yedeği de yenilenir: eski parola artık hiçbir şeyi açmaz.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Change it</source>
        <translation>Değiştir</translation>
    </message>
    <message>
        <source>The two passwords differ.</source>
        <translation>İki parola farklı.</translation>
    </message>
</context>
<context>
    <name>PauseMenu</name>
    <message>
        <source>Pause</source>
        <translation>Duraklat</translation>
    </message>
    <message>
        <source>For 15 minutes</source>
        <translation>15 dakika</translation>
    </message>
    <message>
        <source>For 1 hour</source>
        <translation>1 saat</translation>
    </message>
    <message>
        <source>Until the launcher starts again</source>
        <translation>Başlatıcı yeniden açılana kadar</translation>
    </message>
    <message>
        <source>Until I resume it</source>
        <translation>Ben sürdürene kadar</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Sürdür</translation>
    </message>
    <message>
        <source>Serve anyway</source>
        <translation>Yine de hizmet ver</translation>
    </message>
</context>
<context>
    <name>Payment</name>
    <message>
        <source>Unclear</source>
        <translation>Belirsiz</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Tamamlandı</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Başarısız</translation>
    </message>
    <message>
        <source>Not sent</source>
        <translation>Gönderilmedi</translation>
    </message>
    <message>
        <source>On its way</source>
        <translation>Yolda</translation>
    </message>
</context>
<context>
    <name>PolicyCard</name>
    <message>
        <source>Not available here: {why} The rule has no effect.</source>
        <translation>Burada kullanılamıyor: {why} Kuralın etkisi yok.</translation>
    </message>
    <message>
        <source>Told by {source}.</source>
        <translation>Bildiren: {source}.</translation>
    </message>
    <message>
        <source>When this computer serves</source>
        <translation>Bu bilgisayar ne zaman hizmet verir</translation>
    </message>
    <message>
        <source>min</source>
        <translation>dk</translation>
    </message>
    <message>
        <source>s</source>
        <translation>sn</translation>
    </message>
    <message>
        <source>Serve only while nobody uses this computer</source>
        <translation>Yalnızca bilgisayarı kimse kullanmazken hizmet ver</translation>
    </message>
    <message>
        <source>after</source>
        <translation>şu süreden sonra</translation>
    </message>
    <message>
        <source>Pause on battery</source>
        <translation>Pildeyken duraklat</translation>
    </message>
    <message>
        <source>At 100 % it pauses whenever the computer is off the mains.</source>
        <translation>%100 seçilirse bilgisayar prizden çekilince hep duraklar.</translation>
    </message>
    <message>
        <source>below</source>
        <translation>şunun altında</translation>
    </message>
    <message>
        <source>Give the GPU to other programs that need it</source>
        <translation>GPU&apos;yu gereksinen öbür programlara bırak</translation>
    </message>
    <message>
        <source>The model leaves the graphics memory at once and comes back when they have ended.</source>
        <translation>Model ekran belleğini hemen bırakır, onlar bitince geri gelir.</translation>
    </message>
    <message>
        <source>when they hold</source>
        <translation>tuttukları bellek</translation>
    </message>
    <message>
        <source>come back after</source>
        <translation>geri dönüş</translation>
    </message>
    <message>
        <source>Pause when a GPU gets too hot</source>
        <translation>GPU çok ısınınca duraklat</translation>
    </message>
    <message>
        <source>go on at</source>
        <translation>sürdür</translation>
    </message>
    <message>
        <source>pause at</source>
        <translation>duraklat</translation>
    </message>
    <message>
        <source>stop at</source>
        <translation>durdur</translation>
    </message>
    <message>
        <source>Pause on a metered connection</source>
        <translation>Kotalı bağlantıda duraklat</translation>
    </message>
    <message>
        <source>Pause when the disk is nearly full</source>
        <translation>Disk dolmak üzereyken duraklat</translation>
    </message>
    <message>
        <source>less than</source>
        <translation>şundan az</translation>
    </message>
    <message>
        <source>Pause while the stake is too low</source>
        <translation>Stake yetersizken duraklat</translation>
    </message>
    <message>
        <source>A gateway turns such a node away; without it nothing is earned.</source>
        <translation>Ağ geçidi böyle bir düğümü geri çevirir; onsuz kazanç olmaz.</translation>
    </message>
    <message>
        <source>Pause while the wallet is locked</source>
        <translation>Cüzdan kilitliyken duraklat</translation>
    </message>
    <message>
        <source>The node needs no open wallet to serve. This is for those who want to be there when it earns.</source>
        <translation>Düğümün hizmet vermek için açık bir cüzdana ihtiyacı yoktur. Bu, kazanırken başında olmak isteyenler içindir.</translation>
    </message>
    <message>
        <source>Pause while these programs run</source>
        <translation>Bu programlar çalışırken duraklat</translation>
    </message>
    <message>
        <source>Names with commas between them. Case and “.exe” do not matter.</source>
        <translation>Adları virgülle ayırın. Büyük küçük harf ve “.exe” önemsizdir.</translation>
    </message>
    <message>
        <source>Serve only at these hours</source>
        <translation>Yalnızca bu saatlerde hizmet ver</translation>
    </message>
    <message>
        <source>Without a single hour it would never serve. Tick one, or switch the schedule off.</source>
        <translation>Hiç saat seçilmezse asla hizmet vermez. Birini seçin ya da çizelgeyi kapatın.</translation>
    </message>
</context>
<context>
    <name>PowerCard</name>
    <message>
        <source>Power and price</source>
        <translation>Elektrik ve fiyat</translation>
    </message>
    <message>
        <source>EUR</source>
        <translation>TRY</translation>
    </message>
    <message>
        <source>Currency</source>
        <translation>Para birimi</translation>
    </message>
    <message>
        <source>Price of a kilowatt-hour</source>
        <translation>Kilovatsaat fiyatı</translation>
    </message>
    <message>
        <source>Price of a REMES</source>
        <translation>REMES fiyatı</translation>
    </message>
    <message>
        <source>Such as EUR, TRY or USD.</source>
        <translation>Örneğin EUR, TRY ya da USD.</translation>
    </message>
    <message>
        <source>A kilowatt-hour</source>
        <translation>Bir kilovatsaat</translation>
    </message>
    <message>
        <source>At all hours without a price of their own below.</source>
        <translation>Aşağıda kendi fiyatı olmayan bütün saatlerde.</translation>
    </message>
    <message>
        <source>A REMES</source>
        <translation>Bir REMES</translation>
    </message>
    <message>
        <source>What you count it for. No price is fetched from anywhere; empty means unknown.</source>
        <translation>Sizin saydığınız değer. Hiçbir yerden fiyat alınmaz; boş, bilinmiyor demektir.</translation>
    </message>
    <message>
        <source>Add hours with another price</source>
        <translation>Başka fiyatlı saatler ekle</translation>
    </message>
    <message>
        <source>Stop when serving brings less than its electricity costs</source>
        <translation>Hizmet elektriğinden az kazandırınca dur</translation>
    </message>
    <message>
        <source>Measured over the last hours of serving, by the energy of the GPUs and both prices above. It goes on when another hour of the tariff is worth it, or to try again.</source>
        <translation>Son hizmet saatlerinde, GPU&apos;ların enerjisi ve yukarıdaki iki fiyatla ölçülür. Tarifenin başka bir saati buna değince ya da yeniden denemek için sürer.</translation>
    </message>
    <message>
        <source>measure for</source>
        <translation>ölçme süresi</translation>
    </message>
    <message>
        <source>h</source>
        <translation>sa</translation>
    </message>
    <message>
        <source>try again after</source>
        <translation>yeniden deneme</translation>
    </message>
</context>
<context>
    <name>PriceField</name>
    <message>
        <source>Type a price such as 0.30: digits and one decimal mark, no sign and no unit.</source>
        <translation>0.30 gibi bir fiyat yazın: rakamlar ve tek bir ondalık işareti; artı, eksi ya da birim yok.</translation>
    </message>
</context>
<context>
    <name>PrivacyCard</name>
    <message>
        <source>Privacy</source>
        <translation>Gizlilik</translation>
    </message>
    <message>
        <source>R3MES reports to nobody. Of the requests that this computer answers, neither prompts nor answers are kept.</source>
        <translation>R3MES kimseye bilgi göndermez. Bu bilgisayarın yanıtladığı isteklerin ne istemleri ne yanıtları saklanır.</translation>
    </message>
    <message>
        <source>Keep a list of requests: when, how long, how many tokens</source>
        <translation>İsteklerin listesini tut: ne zaman, ne kadar, kaç token</translation>
    </message>
    <message>
        <source>Keep the conversations of the chat page on this computer</source>
        <translation>Sohbet sayfasındaki konuşmaları bu bilgisayarda sakla</translation>
    </message>
    <message>
        <source>Keep figures and timeline for</source>
        <translation>Rakamları ve zaman çizelgesini sakla</translation>
    </message>
    <message>
        <source>days</source>
        <translation>gün</translation>
    </message>
    <message>
        <source>Lock the wallet after</source>
        <translation>Cüzdanı şu süre sonra kilitle</translation>
    </message>
    <message>
        <source>min</source>
        <translation>dk</translation>
    </message>
    <message>
        <source>Delete the list of requests…</source>
        <translation>İstek listesini sil…</translation>
    </message>
    <message>
        <source>Delete the list of requests?</source>
        <translation>İstek listesi silinsin mi?</translation>
    </message>
    <message>
        <source>It is gone for good. What the gateway counted for you stays there.</source>
        <translation>Geri gelmez. Ağ geçidinin sizin için saydıkları orada kalır.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Sil</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>The list of requests is deleted.</source>
        <translation>İstek listesi silindi.</translation>
    </message>
</context>
<context>
    <name>QuizView</name>
    <message>
        <source>Type these words from your paper.</source>
        <translation>Bu sözcükleri kâğıdınızdan yazın.</translation>
    </message>
    <message>
        <source>Word {number}</source>
        <translation>{number}. sözcük</translation>
    </message>
    <message>
        <source>This one is empty.</source>
        <translation>Bu boş.</translation>
    </message>
    <message>
        <source>At least one of them is not the word at this place. Look at your paper; you may go back.</source>
        <translation>En az biri bu yerdeki sözcük değil. Kâğıdınıza bakın; geri dönebilirsiniz.</translation>
    </message>
</context>
<context>
    <name>ReceiveSheet</name>
    <message>
        <source>Receive</source>
        <translation>Al</translation>
    </message>
    <message>
        <source>Only coins of {network} can be sent to this address of “{name}”.</source>
        <translation>“{name}” cüzdanının bu adresine yalnızca {network} parası gönderilebilir.</translation>
    </message>
    <message>
        <source>The address as a QR code</source>
        <translation>Adresin kare kodu</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Adresi kopyala</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Kapat</translation>
    </message>
    <message>
        <source>Copied. After pasting, compare a few groups: some malware swaps addresses.</source>
        <translation>Kopyalandı. Yapıştırdıktan sonra birkaç öbeği karşılaştırın: bazı kötücül yazılımlar adresi değiştirir.</translation>
    </message>
</context>
<context>
    <name>RegisterSheet</name>
    <message>
        <source>Register as {roles}</source>
        <translation>Şu rolle kaydol: {roles}</translation>
    </message>
    <message>
        <source>What registering does, and what not</source>
        <translation>Kayıt neyi yapar, neyi yapmaz</translation>
    </message>
    <message>
        <source>The chain records your address, the roles and what you declare here. It locks no coins by it and checks none of these figures: gateways look at your real stake.</source>
        <translation>Zincir adresinizi, rolleri ve burada bildirdiklerinizi kaydeder. Bununla para kilitlemez ve bu değerleri denetlemez: ağ geçitleri gerçek stake&apos;inize bakar.</translation>
    </message>
    <message>
        <source>Processor cores</source>
        <translation>İşlemci çekirdeği</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Bellek</translation>
    </message>
    <message>
        <source>GPUs</source>
        <translation>GPU&apos;lar</translation>
    </message>
    <message>
        <source>Memory of each GPU</source>
        <translation>Her GPU&apos;nun belleği</translation>
    </message>
    <message>
        <source>Free disk</source>
        <translation>Boş disk</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Ağ</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
</context>
<context>
    <name>RemoveSheet</name>
    <message>
        <source>Remove “{name}”?</source>
        <translation>“{name}” kaldırılsın mı?</translation>
    </message>
    <message>
        <source>Its coins stay on the chain. Only its words or an export bring it back to a computer.</source>
        <translation>Paraları zincirde kalır. Bir bilgisayara yalnızca sözcükleri ya da dışa aktarımı geri getirir.</translation>
    </message>
    <message>
        <source>It is NOT backed up: without its words its coins are lost for ever when you remove it.</source>
        <translation>YEDEKLENMEDİ: sözcükleri olmadan kaldırırsanız paraları sonsuza dek yiter.</translation>
    </message>
    <message>
        <source>I have its words or an export, or it is empty</source>
        <translation>Sözcükleri ya da dışa aktarımı bende, ya da cüzdan boş</translation>
    </message>
    <message>
        <source>Your password</source>
        <translation>Parolanız</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Remove it</source>
        <translation>Kaldır</translation>
    </message>
</context>
<context>
    <name>RenameSheet</name>
    <message>
        <source>Rename this wallet</source>
        <translation>Bu cüzdanı yeniden adlandır</translation>
    </message>
    <message>
        <source>Name of the wallet</source>
        <translation>Cüzdanın adı</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Yeniden adlandır</translation>
    </message>
</context>
<context>
    <name>RequestDetail</name>
    <message>
        <source>Request</source>
        <translation>İstek</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Bitti</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adaptör</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>First token after</source>
        <translation>İlk token</translation>
    </message>
    <message>
        <source>All of it took</source>
        <translation>Tamamı</translation>
    </message>
    <message>
        <source>{pace} tokens/s</source>
        <translation>{pace} token/sn</translation>
    </message>
    <message>
        <source>none, the base model</source>
        <translation>yok, temel model</translation>
    </message>
    <message>
        <source>{prompt} read, {answer} made</source>
        <translation>{prompt} okundu, {answer} üretildi</translation>
    </message>
</context>
<context>
    <name>RequestModel</name>
    <message>
        <source>Time</source>
        <translation>Zaman</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Sonuç</translation>
    </message>
    <message>
        <source>Model or adapter</source>
        <translation>Model veya adaptör</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>İstem</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Yanıt</translation>
    </message>
    <message>
        <source>First token</source>
        <translation>İlk token</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>Süre</translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation>Token/sn</translation>
    </message>
</context>
<context>
    <name>Requests</name>
    <message>
        <source>Answered</source>
        <translation>Yanıtlandı</translation>
    </message>
    <message>
        <source>The answer came to its own end.</source>
        <translation>Yanıt kendiliğinden tamamlandı.</translation>
    </message>
    <message>
        <source>Answered, at its limit</source>
        <translation>Yanıtlandı, sınırda</translation>
    </message>
    <message>
        <source>The answer ended at the number of tokens that was asked for.</source>
        <translation>Yanıt, istenen token sayısında sona erdi.</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>İptal edildi</translation>
    </message>
    <message>
        <source>The user went away or stopped it. What was made until then counts.</source>
        <translation>Kullanıcı ayrıldı ya da durdurdu. O ana kadar üretilen sayılır.</translation>
    </message>
    <message>
        <source>Refused: full</source>
        <translation>Reddedildi: dolu</translation>
    </message>
    <message>
        <source>The node was full; the gateway asks another one.</source>
        <translation>Düğüm doluydu; ağ geçidi başka bir düğüme sorar.</translation>
    </message>
    <message>
        <source>Refused: stopping</source>
        <translation>Reddedildi: duruyor</translation>
    </message>
    <message>
        <source>The node was finishing its last requests.</source>
        <translation>Düğüm son isteklerini bitiriyordu.</translation>
    </message>
    <message>
        <source>Refused: not here</source>
        <translation>Reddedildi: burada yok</translation>
    </message>
    <message>
        <source>The model or the adapter that was asked for is not on this node.</source>
        <translation>İstenen model ya da adaptör bu düğümde yok.</translation>
    </message>
    <message>
        <source>Refused: invalid</source>
        <translation>Reddedildi: geçersiz</translation>
    </message>
    <message>
        <source>The request asked for something that can&apos;t be done.</source>
        <translation>İstek, yapılamayacak bir şey istedi.</translation>
    </message>
    <message>
        <source>Refused: too long</source>
        <translation>Reddedildi: çok uzun</translation>
    </message>
    <message>
        <source>The conversation is longer than the model&apos;s context.</source>
        <translation>Konuşma, modelin bağlamından uzun.</translation>
    </message>
    <message>
        <source>Too late</source>
        <translation>Çok geç</translation>
    </message>
    <message>
        <source>It was not done in the time that the gateway gives. A busy or slow node.</source>
        <translation>Ağ geçidinin verdiği sürede bitmedi. Düğüm meşgul ya da yavaş.</translation>
    </message>
    <message>
        <source>Out of memory</source>
        <translation>Bellek doldu</translation>
    </message>
    <message>
        <source>The GPU&apos;s memory was full. Close other programs that use it, or serve less at once.</source>
        <translation>GPU belleği doluydu. Onu kullanan diğer programları kapatın ya da aynı anda daha az istek sunun.</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Başarısız</translation>
    </message>
    <message>
        <source>The engine met an error; its lines in the log say which.</source>
        <translation>Motor bir hatayla karşılaştı; günlükteki satırları hangisi olduğunu söyler.</translation>
    </message>
    <message>
        <source>{count} ms</source>
        <translation>{count} ms</translation>
    </message>
    <message>
        <source>{count} s</source>
        <translation>{count} sn</translation>
    </message>
</context>
<context>
    <name>RequestsPage</name>
    <message>
        <source>Requests</source>
        <translation>İstekler</translation>
    </message>
    <message>
        <source>Prompts and answers are not kept.</source>
        <translation>İstemler ve yanıtlar saklanmaz.</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Sonuç</translation>
    </message>
    <message>
        <source>All outcomes</source>
        <translation>Tüm sonuçlar</translation>
    </message>
    <message>
        <source>Answered</source>
        <translation>Yanıtlandı</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>İptal edildi</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>Reddedildi</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Başarısız</translation>
    </message>
    <message>
        <source>Save the requests that are shown as CSV</source>
        <translation>Gösterilen istekleri CSV olarak kaydet</translation>
    </message>
    <message>
        <source>Requests, newest first</source>
        <translation>İstekler, en yenisi önce</translation>
    </message>
    <message>
        <source>Answered, at its limit</source>
        <translation>Yanıtlandı, sınırda</translation>
    </message>
    <message>
        <source>The history can&apos;t be read</source>
        <translation>Geçmiş okunamıyor</translation>
    </message>
    <message>
        <source>No requests yet</source>
        <translation>Henüz istek yok</translation>
    </message>
    <message>
        <source>Every request that this node answers is listed here: when, how fast and how it ended. Prompts and answers are not kept.</source>
        <translation>Bu düğümün yanıtladığı her istek burada listelenir: ne zaman, ne kadar hızlı ve nasıl bitti. İstemler ve yanıtlar saklanmaz.</translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s)</source>
        <translation>
            <numerusform>%Ln istek</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s) saved as {name}.</source>
        <translation>
            <numerusform>%Ln istek {name} olarak kaydedildi.</numerusform>
        </translation>
    </message>
    <message>
        <source>{shown} of {count} requests</source>
        <translation>{count} isteğin {shown} tanesi</translation>
    </message>
    <message>
        <source>first token after {time} (median)</source>
        <translation>ilk token {time} sonra (ortanca)</translation>
    </message>
    <message>
        <source>{pace} tokens/s (median)</source>
        <translation>{pace} token/sn (ortanca)</translation>
    </message>
    <message>
        <source>Save the requests</source>
        <translation>İstekleri kaydet</translation>
    </message>
    <message>
        <source>Could not save {name}: {why}</source>
        <translation>{name} kaydedilemedi: {why}</translation>
    </message>
</context>
<context>
    <name>RestoreSheet</name>
    <message>
        <source>Restore a wallet</source>
        <translation>Cüzdanı geri yükle</translation>
    </message>
    <message>
        <source>Type your words only here, in your own launcher. Nobody else ever needs them.</source>
        <translation>Sözcüklerinizi yalnızca buraya, kendi başlatıcınıza yazın. Başka hiç kimseye gerekmez.</translation>
    </message>
    <message>
        <source>Recovery words, in order</source>
        <translation>Kurtarma sözcükleri, sırasıyla</translation>
    </message>
    <message>
        <source>Passphrase, if it has one (not your password)</source>
        <translation>Varsa ek parola sözü (parolanız değil)</translation>
    </message>
    <message>
        <source>Which address is yours?</source>
        <translation>Hangi adres sizin?</translation>
    </message>
    <message>
        <source>Restored wallet</source>
        <translation>Geri yüklenen cüzdan</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Look for my coins</source>
        <translation>Paralarımı ara</translation>
    </message>
    <message>
        <source>{address}, path {path}</source>
        <translation>{address}, yol {path}</translation>
    </message>
    <message>
        <source>The network could not be asked, so balances are unknown. {why}</source>
        <translation>Ağa sorulamadı, bu yüzden bakiyeler bilinmiyor. {why}</translation>
    </message>
    <message>
        <source>Restore this one</source>
        <translation>Bunu geri yükle</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>bilinmiyor</translation>
    </message>
    <message>
        <source>never used</source>
        <translation>hiç kullanılmadı</translation>
    </message>
    <message>
        <source>Wallet</source>
        <translation>Cüzdan</translation>
    </message>
</context>
<context>
    <name>RoleCard</name>
    <message>
        <source>Stake of what the role needs</source>
        <translation>Rolün gerektirdiğinin stake edilen bölümü</translation>
    </message>
    <message>
        <source>Register</source>
        <translation>Kaydol</translation>
    </message>
    <message>
        <source>Needs {needed}</source>
        <translation>{needed} gerekir</translation>
    </message>
    <message>
        <source>{needed}, of which its own part is {own} (with {names})</source>
        <translation>{needed}, bunun kendi payı {own} ({names} ile)</translation>
    </message>
    <message>
        <source>{missing} are missing</source>
        <translation>{missing} eksik</translation>
    </message>
    <message>
        <source>your stake is enough</source>
        <translation>stake&apos;iniz yeterli</translation>
    </message>
    <message>
        <source>Stake what is missing</source>
        <translation>Eksiği stake et</translation>
    </message>
    <message>
        <source>Stake what is missing for {role}</source>
        <translation>{role} için eksiği stake et</translation>
    </message>
    <message>
        <source>Register as {role}</source>
        <translation>{role} olarak kaydol</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Hazır</translation>
    </message>
    <message>
        <source>Registered, stake too low</source>
        <translation>Kayıtlı, stake yetersiz</translation>
    </message>
    <message>
        <source>Registered, a role is missing</source>
        <translation>Kayıtlı, bir rol eksik</translation>
    </message>
    <message>
        <source>Not registered</source>
        <translation>Kayıtlı değil</translation>
    </message>
</context>
<context>
    <name>Roles</name>
    <message>
        <source>Miner</source>
        <translation>Madenci</translation>
    </message>
    <message>
        <source>Serving</source>
        <translation>Hizmet</translation>
    </message>
    <message>
        <source>Validator</source>
        <translation>Doğrulayıcı</translation>
    </message>
    <message>
        <source>Proposer</source>
        <translation>Önerici</translation>
    </message>
    <message>
        <source>Trains with its GPU.</source>
        <translation>GPU&apos;suyla eğitir.</translation>
    </message>
    <message>
        <source>Answers requests with its GPU.</source>
        <translation>İstekleri GPU&apos;suyla yanıtlar.</translation>
    </message>
    <message>
        <source>Makes and checks the chain&apos;s blocks.</source>
        <translation>Zincirin bloklarını üretir ve denetler.</translation>
    </message>
    <message>
        <source>Proposes blocks; also has to be a validator.</source>
        <translation>Blok önerir; doğrulayıcı da olmalıdır.</translation>
    </message>
</context>
<context>
    <name>RolesPage</name>
    <message>
        <source>Roles</source>
        <translation>Roller</translation>
    </message>
    <message>
        <source>Open the wallet</source>
        <translation>Cüzdanı aç</translation>
    </message>
    <message>
        <source>Roles need a wallet</source>
        <translation>Roller için cüzdan gerekir</translation>
    </message>
    <message>
        <source>The wallet is locked</source>
        <translation>Cüzdan kilitli</translation>
    </message>
    <message>
        <source>Make one first: a role&apos;s stake belongs to it.</source>
        <translation>Önce bir tane oluşturun: rolün stake&apos;i ona aittir.</translation>
    </message>
    <message>
        <source>Unlock it to see your stake and your roles.</source>
        <translation>Stake&apos;inizi ve rollerinizi görmek için kilidini açın.</translation>
    </message>
</context>
<context>
    <name>ScheduleGrid</name>
    <message>
        <source>Hours in which serving is allowed</source>
        <translation>Hizmete izin verilen saatler</translation>
    </message>
    <message>
        <source>{day}, {hour}:00: allowed</source>
        <translation>{day}, {hour}.00: izinli</translation>
    </message>
    <message>
        <source>{day}, {hour}:00: no</source>
        <translation>{day}, {hour}.00: izinsiz</translation>
    </message>
</context>
<context>
    <name>SectionCard</name>
    <message>
        <source>The engine starts anew with it, after the requests that run.</source>
        <translation>Motor, süren isteklerden sonra bununla yeniden başlar.</translation>
    </message>
    <message>
        <source>It takes effect when the engine starts next.</source>
        <translation>Motor bir sonraki başlayışında geçerli olur.</translation>
    </message>
    <message>
        <source>Reset {section}</source>
        <translation>{section} bölümünü sıfırla</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Geri al</translation>
    </message>
    <message>
        <source>This section has its first values again.</source>
        <translation>Bu bölüm ilk değerlerine döndü.</translation>
    </message>
</context>
<context>
    <name>SecuritySheet</name>
    <message>
        <source>Security and backup</source>
        <translation>Güvenlik ve yedek</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Kapat</translation>
    </message>
    <message>
        <source>Locking</source>
        <translation>Kilitleme</translation>
    </message>
    <message>
        <source>Lock after</source>
        <translation>Şu süreden sonra kilitle</translation>
    </message>
    <message>
        <source>Lock the wallet after so long without use</source>
        <translation>Kullanılmadan geçen bu süreden sonra cüzdanı kilitle</translation>
    </message>
    <message>
        <source>1 minute</source>
        <translation>1 dakika</translation>
    </message>
    <message>
        <source>{count} minutes</source>
        <translation>{count} dakika</translation>
    </message>
    <message>
        <source>Let the system&apos;s keyring open this wallet</source>
        <translation>Bu cüzdanı sistemin anahtarlığı açabilsin</translation>
    </message>
    <message>
        <source>Change the password</source>
        <translation>Parolayı değiştir</translation>
    </message>
    <message>
        <source>This wallet</source>
        <translation>Bu cüzdan</translation>
    </message>
    <message>
        <source>Show its words</source>
        <translation>Sözcüklerini göster</translation>
    </message>
    <message>
        <source>Export it to a file</source>
        <translation>Dosyaya aktar</translation>
    </message>
    <message>
        <source>Rename it</source>
        <translation>Yeniden adlandır</translation>
    </message>
    <message>
        <source>Remove it from this computer</source>
        <translation>Bu bilgisayardan kaldır</translation>
    </message>
    <message>
        <source>{count} seconds</source>
        <translation>{count} saniye</translation>
    </message>
    <message>
        <source>It also locks when the computer sleeps and when the screen is locked.</source>
        <translation>Bilgisayar uyuyunca ve ekran kilitlenince de kilitlenir.</translation>
    </message>
    <message>
        <source>Then whoever uses your account on this computer can open it without the wallet&apos;s password.</source>
        <translation>O zaman bu bilgisayarda hesabınızı kullanan herkes onu cüzdan parolası olmadan açabilir.</translation>
    </message>
</context>
<context>
    <name>SendSheet</name>
    <message>
        <source>Send</source>
        <translation>Gönder</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Alıcı</translation>
    </message>
    <message>
        <source>Address book</source>
        <translation>Adres defteri</translation>
    </message>
    <message>
        <source>Choose from the address book</source>
        <translation>Adres defterinden seç</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>Tutar</translation>
    </message>
    <message>
        <source>Memo (optional; everybody can read it)</source>
        <translation>Not (isteğe bağlı; herkes okuyabilir)</translation>
    </message>
    <message>
        <source>Available: {amount}. The fee is shown before you sign.</source>
        <translation>Kullanılabilir: {amount}. Ücret, imzalamadan önce gösterilir.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
</context>
<context>
    <name>ServingCard</name>
    <message>
        <source>Serving</source>
        <translation>Hizmet</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Bu bilgisayar</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Yeniden dene</translation>
    </message>
    <message>
        <source>Serve on the CPU for testing</source>
        <translation>Deneme için CPU ile hizmet ver</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Sürdür</translation>
    </message>
    <message>
        <source>Serve anyway</source>
        <translation>Yine de hizmet ver</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Duraklat</translation>
    </message>
    <message>
        <source>Keep to the rules again</source>
        <translation>Kurallara yeniden uy</translation>
    </message>
    <message>
        <source>Serving anyway</source>
        <translation>Yine de hizmet veriliyor</translation>
    </message>
    <message>
        <source>{reasons} This is passed over until it ends.</source>
        <translation>{reasons} Bu, sona erene kadar göz ardı ediliyor.</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>İlerleme</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Requests now</source>
        <translation>Şu anki istekler</translation>
    </message>
    <message>
        <source>Requests answered</source>
        <translation>Yanıtlanan istekler</translation>
    </message>
    <message>
        <source>Tokens a second</source>
        <translation>Saniyede token</translation>
    </message>
    <message>
        <source>Tokens written</source>
        <translation>Yazılan token</translation>
    </message>
    <message>
        <source>Serving: {position}</source>
        <translation>Hizmet: {position}</translation>
    </message>
    <message>
        <source>The first start downloads {size}.</source>
        <translation>İlk başlatma {size} indirir.</translation>
    </message>
    <message>
        <source>The engine gets its own folder; nothing else on this computer changes. You can cancel it.</source>
        <translation>Motor kendi klasörüne kurulur; bu bilgisayarda başka bir şey değişmez. Vazgeçebilirsiniz.</translation>
    </message>
    <message>
        <source>The engine can&apos;t run.</source>
        <translation>Motor çalışamıyor.</translation>
    </message>
    <message>
        <source>The engine {ending}.</source>
        <translation>Motor: {ending}.</translation>
    </message>
    <message>
        <source>The engine ended.</source>
        <translation>Motor sona erdi.</translation>
    </message>
    <message>
        <source>Try again now</source>
        <translation>Şimdi yeniden dene</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Hazırlanıyor</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Ayarlar</translation>
    </message>
</context>
<context>
    <name>Sheet</name>
    <message>
        <source>Working</source>
        <translation>Çalışıyor</translation>
    </message>
</context>
<context>
    <name>StakeCard</name>
    <message>
        <source>Staked</source>
        <translation>Stake edilen</translation>
    </message>
    <message>
        <source>Unbonding</source>
        <translation>Çözülen</translation>
    </message>
    <message>
        <source>Rewards</source>
        <translation>Ödüller</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Kullanılabilir</translation>
    </message>
    <message>
        <source>Stakes by validator</source>
        <translation>Doğrulayıcıya göre stake</translation>
    </message>
    <message>
        <source>Validator</source>
        <translation>Doğrulayıcı</translation>
    </message>
    <message>
        <source>Nothing is staked yet.</source>
        <translation>Henüz stake yok.</translation>
    </message>
    <message>
        <source>Stake</source>
        <translation>Stake et</translation>
    </message>
    <message>
        <source>Unstake</source>
        <translation>Stake&apos;i çöz</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Taşı</translation>
    </message>
    <message>
        <source>Move a stake to another validator</source>
        <translation>Stake&apos;i başka doğrulayıcıya taşı</translation>
    </message>
    <message>
        <source>Claim rewards</source>
        <translation>Ödülleri al</translation>
    </message>
    <message>
        <source>On their way back</source>
        <translation>Dönüş yolunda</translation>
    </message>
    <message>
        <source>Coins on their way back</source>
        <translation>Dönüş yolundaki paralar</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>Tutar</translation>
    </message>
    <message>
        <source>Free on</source>
        <translation>Serbest kalma</translation>
    </message>
    <message>
        <source>Stake the chosen one again</source>
        <translation>Seçileni yeniden stake et</translation>
    </message>
</context>
<context>
    <name>StakeSheet</name>
    <message>
        <source>Stake</source>
        <translation>Stake et</translation>
    </message>
    <message>
        <source>You delegate coins to a validator. They stay yours, earn rewards, and count for your roles.</source>
        <translation>Paraları bir doğrulayıcıya devredersiniz. Sizin kalırlar, ödül kazanırlar ve rollerinize sayılırlar.</translation>
    </message>
    <message>
        <source>Validator</source>
        <translation>Doğrulayıcı</translation>
    </message>
    <message>
        <source>Available: {amount}. “Max” keeps enough for the fees of unstaking.</source>
        <translation>Kullanılabilir: {amount}. “En çok”, çözme ücretlerine yetecek kadarını ayırır.</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
    <message>
        <source>The network lists no validator to stake with.</source>
        <translation>Ağ, stake edilecek doğrulayıcı listelemiyor.</translation>
    </message>
</context>
<context>
    <name>StartCard</name>
    <message>
        <source>Starting</source>
        <translation>Başlangıç</translation>
    </message>
    <message>
        <source>Start R3MES when I log in to this computer</source>
        <translation>Bu bilgisayarda oturum açtığımda R3MES&apos;i başlat</translation>
    </message>
    <message>
        <source>Not available here. {why}</source>
        <translation>Burada kullanılamıyor. {why}</translation>
    </message>
    <message>
        <source>Now another copy of R3MES starts. Tick it, and this one does instead.</source>
        <translation>Şu anda R3MES&apos;in başka bir kopyası başlıyor. İşaretlerseniz onun yerine bu kopya başlar.</translation>
    </message>
    <message>
        <source>It begins in the tray. Serving goes on as it was switched.</source>
        <translation>Sistem tepsisinde başlar. Hizmet, bırakıldığı gibi sürer.</translation>
    </message>
</context>
<context>
    <name>Suspend</name>
    <message>
        <source>Paused by you.</source>
        <translation>Siz duraklattınız.</translation>
    </message>
    <message>
        <source>Paused by you for {minutes} minutes.</source>
        <translation>{minutes} dakikalığına siz duraklattınız.</translation>
    </message>
    <message>
        <source>Paused by you until the launcher starts again.</source>
        <translation>Başlatıcı yeniden açılana kadar siz duraklattınız.</translation>
    </message>
    <message>
        <source>The computer is shutting down.</source>
        <translation>Bilgisayar kapanıyor.</translation>
    </message>
    <message>
        <source>The computer goes to sleep.</source>
        <translation>Bilgisayar uykuya geçiyor.</translation>
    </message>
    <message>
        <source>An update is being installed.</source>
        <translation>Bir güncelleme kuruluyor.</translation>
    </message>
    <message>
        <source>R3MES was updated to {version}. Start it again, and serving goes on.</source>
        <translation>R3MES {version} sürümüne güncellendi. Yeniden başlatın, hizmet sürsün.</translation>
    </message>
    <message>
        <source>{gpu} is too hot: {celsius} °C. Serving goes on when it is at {resume} °C.</source>
        <translation>{gpu} çok sıcak: {celsius} °C. {resume} °C olduğunda hizmet sürer.</translation>
    </message>
    <message>
        <source>{gpu} is dangerously hot: {celsius} °C. Serving goes on when it is at {resume} °C.</source>
        <translation>{gpu} tehlikeli derecede sıcak: {celsius} °C. {resume} °C olduğunda hizmet sürer.</translation>
    </message>
    <message>
        <source>{gpu} cools down: {celsius} °C. Serving goes on at {resume} °C.</source>
        <translation>{gpu} soğuyor: {celsius} °C. {resume} °C olduğunda hizmet sürer.</translation>
    </message>
    <message>
        <source>{program} uses {memory_mb} MB of {gpu}.</source>
        <translation>{program}, {gpu} belleğinin {memory_mb} MB kadarını kullanıyor.</translation>
    </message>
    <message>
        <source>Another program uses {memory_mb} MB of {gpu}.</source>
        <translation>Başka bir program {gpu} belleğinin {memory_mb} MB kadarını kullanıyor.</translation>
    </message>
    <message>
        <source>{program} is running.</source>
        <translation>{program} çalışıyor.</translation>
    </message>
    <message>
        <source>You are using the computer. Serving goes on after {minutes} minutes without input.</source>
        <translation>Bilgisayarı kullanıyorsunuz. {minutes} dakika kullanılmadığında hizmet sürer.</translation>
    </message>
    <message>
        <source>The schedule says no at this time.</source>
        <translation>Program bu saatte hizmete izin vermiyor.</translation>
    </message>
    <message>
        <source>The computer runs on battery.</source>
        <translation>Bilgisayar pille çalışıyor.</translation>
    </message>
    <message>
        <source>The computer runs on battery, and {percent} % are left.</source>
        <translation>Bilgisayar pille çalışıyor ve %{percent} kaldı.</translation>
    </message>
    <message>
        <source>Only {free_mb} MB are free on the disk; {needed_mb} MB are needed.</source>
        <translation>Diskte yalnızca {free_mb} MB boş; {needed_mb} MB gerekiyor.</translation>
    </message>
    <message>
        <source>The wallet is locked.</source>
        <translation>Cüzdan kilitli.</translation>
    </message>
    <message>
        <source>The stake is too low: {staked} of {needed} {unit}.</source>
        <translation>Stake çok düşük: {needed} {unit} yerine {staked}.</translation>
    </message>
    <message>
        <source>Serving brings {income} an hour, its electricity costs {cost}.</source>
        <translation>Hizmet saatte {income} getiriyor, elektriği {cost} tutuyor.</translation>
    </message>
    <message>
        <source>The network connection is metered.</source>
        <translation>Ağ bağlantısı kotalı.</translation>
    </message>
    <message>
        <source>The computer has no network connection.</source>
        <translation>Bilgisayarın ağ bağlantısı yok.</translation>
    </message>
    <message>
        <source>Waiting for the gateway to start.</source>
        <translation>Ağ geçidinin açılması bekleniyor.</translation>
    </message>
    <message>
        <source>Until {time}.</source>
        <translation>Şu zamana kadar: {time}.</translation>
    </message>
</context>
<context>
    <name>TableCard</name>
    <message>
        <source>Table</source>
        <translation>Tablo</translation>
    </message>
    <message>
        <source>Rows of the table</source>
        <translation>Tablonun satırları</translation>
    </message>
    <message>
        <source>By day</source>
        <translation>Güne göre</translation>
    </message>
    <message>
        <source>By GPU</source>
        <translation>GPU&apos;ya göre</translation>
    </message>
    <message>
        <source>By node</source>
        <translation>Düğüme göre</translation>
    </message>
    <message>
        <source>Save as CSV…</source>
        <translation>CSV olarak kaydet…</translation>
    </message>
    <message>
        <source>Earnings</source>
        <translation>Kazanç</translation>
    </message>
    <message>
        <source>Energy</source>
        <translation>Enerji</translation>
    </message>
    <message>
        <source>Electricity</source>
        <translation>Elektrik</translation>
    </message>
    <message>
        <source>Profit</source>
        <translation>Kâr</translation>
    </message>
    <message>
        <source>Earned</source>
        <translation>Kazanılan</translation>
    </message>
    <message>
        <source>Pending</source>
        <translation>Bekleyen</translation>
    </message>
    <message>
        <source>Settled</source>
        <translation>Ödenen</translation>
    </message>
    <message>
        <source>Day</source>
        <translation>Gün</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Düğüm</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rol</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Yanıt</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Amounts in {unit}.</source>
        <translation>Tutarlar {unit} olarak.</translation>
    </message>
    <message>
        <source>No GPU of this computer has computed for the node in these days.</source>
        <translation>Bu günlerde bu bilgisayarın hiçbir GPU&apos;su düğüm için çalışmadı.</translation>
    </message>
    <message>
        <source>What the node earned is shared out by the energy that each card used for it.</source>
        <translation>Düğümün kazancı, her kartın bunun için harcadığı enerjiye göre paylaştırılır.</translation>
    </message>
    <message>
        <source>No node of yours has earned anything in these days.</source>
        <translation>Bu günlerde hiçbir düğümünüz kazanmadı.</translation>
    </message>
    <message>
        <source>This computer ({node})</source>
        <translation>Bu bilgisayar ({node})</translation>
    </message>
    <message>
        <source>Save the earnings</source>
        <translation>Kazancı kaydet</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>{name} olarak kaydedildi.</translation>
    </message>
    <message>
        <source>Could not save {name}: {why}</source>
        <translation>{name} kaydedilemedi: {why}</translation>
    </message>
</context>
<context>
    <name>TimeSeriesWidget</name>
    <message>
        <source>{name}: no values yet.</source>
        <translation>{name}: henüz değer yok.</translation>
    </message>
    <message>
        <source>{name} over the last {span}: now {now}, lowest {lowest}, average {mean}, highest {highest}.</source>
        <translation>{name}, son {span}: şimdi {now}, en düşük {lowest}, ortalama {mean}, en yüksek {highest}.</translation>
    </message>
    <message>
        <source>{time}: {value}.</source>
        <translation>{time}: {value}.</translation>
    </message>
    <message>
        <source>{span} ago</source>
        <translation>{span} önce</translation>
    </message>
    <message>
        <source>now</source>
        <translation>şimdi</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>{since} to {until}, {duration}: {what}. {why}</source>
        <translation>{since} – {until}, {duration}: {what}. {why}</translation>
    </message>
    <message>
        <source>Answering</source>
        <translation>Yanıtlıyor</translation>
    </message>
    <message>
        <source>Requests came and were answered.</source>
        <translation>İstekler geldi ve yanıtlandı.</translation>
    </message>
    <message>
        <source>Waiting for work</source>
        <translation>İş bekliyor</translation>
    </message>
    <message>
        <source>The node was ready and connected; the gateway had no request for it.</source>
        <translation>Düğüm hazır ve bağlıydı; ağ geçidinin ona verecek isteği yoktu.</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Bağlı değil</translation>
    </message>
    <message>
        <source>The engine ran, but had no session with the gateway.</source>
        <translation>Motor çalışıyordu ama ağ geçidiyle oturumu yoktu.</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Başlıyor</translation>
    </message>
    <message>
        <source>The engine was being started.</source>
        <translation>Motor başlatılıyordu.</translation>
    </message>
    <message>
        <source>Suspended</source>
        <translation>Askıda</translation>
    </message>
    <message>
        <source>A reason stood against serving.</source>
        <translation>Hizmete engel bir neden vardı.</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>Arıza</translation>
    </message>
    <message>
        <source>The node could not run.</source>
        <translation>Düğüm çalışamadı.</translation>
    </message>
    <message>
        <source>Recovering</source>
        <translation>Toparlanıyor</translation>
    </message>
    <message>
        <source>The engine ended by itself and was started again after a pause.</source>
        <translation>Motor kendiliğinden sona erdi ve bir aradan sonra yeniden başlatıldı.</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Duruyor</translation>
    </message>
    <message>
        <source>The last requests were being finished.</source>
        <translation>Son istekler bitiriliyordu.</translation>
    </message>
    <message>
        <source>Switched off</source>
        <translation>Kapalı</translation>
    </message>
    <message>
        <source>It waited to be switched on.</source>
        <translation>Açılması bekleniyordu.</translation>
    </message>
    <message>
        <source>Asleep</source>
        <translation>Uykuda</translation>
    </message>
    <message>
        <source>The computer slept.</source>
        <translation>Bilgisayar uyudu.</translation>
    </message>
    <message>
        <source>Not running</source>
        <translation>Çalışmıyor</translation>
    </message>
    <message>
        <source>The launcher was not running.</source>
        <translation>Başlatıcı çalışmıyordu.</translation>
    </message>
    <message>
        <source>Not recorded</source>
        <translation>Kayıt yok</translation>
    </message>
    <message>
        <source>The record begins later.</source>
        <translation>Kayıt daha sonra başlıyor.</translation>
    </message>
</context>
<context>
    <name>TimelineCard</name>
    <message>
        <source>Why am I not earning?</source>
        <translation>Neden kazanmıyorum?</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Önceki</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Sonraki</translation>
    </message>
    <message>
        <source>Show as a list</source>
        <translation>Liste olarak göster</translation>
    </message>
    <message>
        <source>The day as a list</source>
        <translation>Liste olarak gün</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Başlangıç</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Süre</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Ne</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Neden</translation>
    </message>
    <message>
        <source>The last 24 hours</source>
        <translation>Son 24 saat</translation>
    </message>
    <message numerus="yes">
        <source>24 hours, %Ln day(s) earlier</source>
        <translation>
            <numerusform>24 saat, %Ln gün önce</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TimelineWidget</name>
    <message>
        <source>Timeline of the node</source>
        <translation>Düğümün zaman çizelgesi</translation>
    </message>
    <message>
        <source>Nothing is recorded yet.</source>
        <translation>Henüz kayıt yok.</translation>
    </message>
</context>
<context>
    <name>TotalsCard</name>
    <message>
        <source>Totals</source>
        <translation>Toplamlar</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Bugün</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 gün</translation>
    </message>
    <message>
        <source>30 days</source>
        <translation>30 gün</translation>
    </message>
    <message>
        <source>Earned</source>
        <translation>Kazanılan</translation>
    </message>
    <message>
        <source>By this computer</source>
        <translation>Bu bilgisayarın</translation>
    </message>
    <message>
        <source>Energy of its GPUs</source>
        <translation>GPU&apos;larının enerjisi</translation>
    </message>
    <message>
        <source>Electricity</source>
        <translation>Elektrik</translation>
    </message>
    <message>
        <source>Profit after power</source>
        <translation>Elektrik sonrası kâr</translation>
    </message>
    <message>
        <source>Pending is what the gateway still holds for you, settled is what it has paid out.</source>
        <translation>Bekleyen, ağ geçidinin sizin için tuttuğu; ödenen, size ödediğidir.</translation>
    </message>
    <message>
        <source>Pending: {pending}  ·  Settled: {settled}</source>
        <translation>Bekleyen: {pending}  ·  Ödenen: {settled}</translation>
    </message>
    <message>
        <source>As of {time}</source>
        <translation>{time} itibarıyla</translation>
    </message>
</context>
<context>
    <name>Tour</name>
    <message>
        <source>A node at work</source>
        <translation>İş başında bir düğüm</translation>
    </message>
    <message>
        <source>The switch on this page starts and stops the node; beside it stands what the node does and why. Here a recorded day runs by: one second is one minute. Requests come, a program wants the GPU, the engine breaks once, a card gets too hot. The node deals with all of it by itself.</source>
        <translation>Bu sayfadaki anahtar düğümü başlatır ve durdurur; yanında düğümün ne yaptığı ve nedeni yazar. Burada kaydedilmiş bir gün oynatılır: bir saniye bir dakikadır. İstekler gelir, bir program GPU&apos;yu ister, motor bir kez bozulur, bir kart fazla ısınır. Düğüm hepsiyle kendi başına başa çıkar.</translation>
    </message>
    <message>
        <source>Why am I not earning?</source>
        <translation>Neden kazanmıyorum?</translation>
    </message>
    <message>
        <source>The bar further down explains every minute of the last 24 hours. Move the mouse over it, or press the arrow keys on it: each colour has a sentence. “Show as a list” tells the same in words.</source>
        <translation>Aşağıdaki çubuk son 24 saatin her dakikasını açıklar. Fareyi üzerinde gezdirin ya da üzerindeyken ok tuşlarına basın: her rengin bir cümlesi vardır. “Liste olarak göster” aynısını sözcüklerle anlatır.</translation>
    </message>
    <message>
        <source>The cards</source>
        <translation>Kartlar</translation>
    </message>
    <message>
        <source>Memory, temperature, power and load of every card. Choose “24 hours” at the top to see the whole day and the energy that it took. A card that is too hot pauses serving until it has cooled down.</source>
        <translation>Her kartın belleği, sıcaklığı, gücü ve yükü. Bütün günü ve harcanan enerjiyi görmek için üstte “24 saat” seçin. Fazla ısınan bir kart, soğuyana kadar hizmeti duraklatır.</translation>
    </message>
    <message>
        <source>What it brings</source>
        <translation>Ne getiriyor</translation>
    </message>
    <message>
        <source>What the node earned, day by day, what is still pending, and what is left after electricity at your own prices. The prices of the demo are made up, as its coins are.</source>
        <translation>Düğümün gün gün ne kazandığı, neyin hâlâ beklemede olduğu ve kendi fiyatlarınızla elektrikten sonra ne kaldığı. Demodaki fiyatlar, paralar gibi uydurmadır.</translation>
    </message>
    <message>
        <source>What was asked</source>
        <translation>Neler soruldu</translation>
    </message>
    <message>
        <source>Every request that this node served, with its outcome and its times. Prompts and answers are never kept. The list can be filtered and saved.</source>
        <translation>Bu düğümün karşıladığı her istek, sonucu ve süreleriyle. Sorular ve yanıtlar hiçbir zaman saklanmaz. Liste süzülebilir ve kaydedilebilir.</translation>
    </message>
    <message>
        <source>Ask something</source>
        <translation>Bir şey sorun</translation>
    </message>
    <message>
        <source>Type a question and press Enter. The gateway that comes with R3MES answers on this computer, word by word, with made-up words: no model was downloaded for the demo.</source>
        <translation>Bir soru yazıp Enter&apos;a basın. R3MES ile gelen ağ geçidi bu bilgisayarda sözcük sözcük, uydurma sözcüklerle yanıt verir: demo için hiçbir model indirilmedi.</translation>
    </message>
    <message>
        <source>A wallet without risk</source>
        <translation>Risksiz bir cüzdan</translation>
    </message>
    <message>
        <source>Make a wallet and get coins from the demo&apos;s chain. They are worth nothing, and a wallet that is made here can sign for no real network. Everything else is as it will be: words, password, confirmation.</source>
        <translation>Bir cüzdan oluşturun ve demonun zincirinden para alın. Hiçbir değeri yoktur ve burada oluşturulan bir cüzdan hiçbir gerçek ağ için imza atamaz. Geri kalan her şey gerçekte olacağı gibidir: sözcükler, parola, onay.</translation>
    </message>
    <message>
        <source>Roles and stakes</source>
        <translation>Roller ve stake</translation>
    </message>
    <message>
        <source>What each role of the network asks for, what you staked, and the permission that your wallet gives to this computer&apos;s node.</source>
        <translation>Ağdaki her rolün ne istediği, ne kadar stake ettiğiniz ve cüzdanınızın bu bilgisayarın düğümüne verdiği izin.</translation>
    </message>
    <message>
        <source>What happened in detail</source>
        <translation>Olanların ayrıntısı</translation>
    </message>
    <message>
        <source>The words of launcher, engine and gateway in one place. Filter by level or process, or search.</source>
        <translation>Başlatıcının, motorun ve ağ geçidinin sözleri tek yerde. Düzeye ya da sürece göre süzün veya arayın.</translation>
    </message>
    <message>
        <source>When something is wrong</source>
        <translation>Bir sorun olduğunda</translation>
    </message>
    <message>
        <source>The doctor looks at driver, memory, disk, clock, network and more, and says what to do. The diagnostics bundle holds what somebody who helps needs to know, and nothing that is secret.</source>
        <translation>Doktor sürücüye, belleğe, diske, saate, ağa ve daha fazlasına bakar ve ne yapılacağını söyler. Tanılama paketi, yardım edecek birinin bilmesi gerekenleri içerir; gizli hiçbir şey içermez.</translation>
    </message>
    <message>
        <source>On your terms</source>
        <translation>Sizin koşullarınızla</translation>
    </message>
    <message>
        <source>When this computer serves: by the clock, on mains only, not while you play or work, never above a temperature. “Leave the demo” at the top brings you to your own node.</source>
        <translation>Bu bilgisayar ne zaman hizmet verir: saate göre, yalnızca prizdeyken, siz oynarken ya da çalışırken değil, hiçbir zaman bir sıcaklığın üstünde değil. Üstteki “Demodan çık” sizi kendi düğümünüze götürür.</translation>
    </message>
</context>
<context>
    <name>TourPanel</name>
    <message>
        <source>Guided tour</source>
        <translation>Rehberli tur</translation>
    </message>
    <message>
        <source>Close the tour</source>
        <translation>Turu kapat</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>İleri</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Geri</translation>
    </message>
    <message>
        <source>Tour, step {step} of {all}</source>
        <translation>Tur, adım {step} / {all}</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Conversation</source>
        <translation>Sohbet</translation>
    </message>
    <message>
        <source>Earlier messages</source>
        <translation>Önceki mesajlar</translation>
    </message>
    <message>
        <source>Latest</source>
        <translation>En yeni</translation>
    </message>
    <message>
        <source>Go to the latest words</source>
        <translation>En yeni sözlere git</translation>
    </message>
</context>
<context>
    <name>TransferCard</name>
    <message>
        <source>All settings</source>
        <translation>Tüm ayarlar</translation>
    </message>
    <message>
        <source>The file holds no password and no key. The wallet has its own export on its page.</source>
        <translation>Dosyada parola ve anahtar bulunmaz. Cüzdanın kendi sayfasında ayrı dışa aktarımı vardır.</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Dışa aktar…</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>İçe aktar…</translation>
    </message>
    <message>
        <source>Reset all sections…</source>
        <translation>Tüm bölümleri sıfırla…</translation>
    </message>
    <message>
        <source>Export the settings</source>
        <translation>Ayarları dışa aktar</translation>
    </message>
    <message>
        <source>Import settings</source>
        <translation>Ayarları içe aktar</translation>
    </message>
    <message>
        <source>Settings (*.json)</source>
        <translation>Ayarlar (*.json)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Tüm dosyalar (*)</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>{name} olarak kaydedildi.</translation>
    </message>
    <message>
        <source>Imported, except for what can&apos;t be used here: {names}.</source>
        <translation>İçe aktarıldı; burada kullanılamayanlar dışında: {names}.</translation>
    </message>
    <message>
        <source>Reset all sections?</source>
        <translation>Tüm bölümler sıfırlansın mı?</translation>
    </message>
    <message>
        <source>Model, GPUs, gateways, rules and all else get their first values. The wallet stays as it is.</source>
        <translation>Model, GPU&apos;lar, ağ geçitleri, kurallar ve kalan her şey ilk değerlerini alır. Cüzdan olduğu gibi kalır.</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Sıfırla</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Open R3MES</source>
        <translation>R3MES&apos;i aç</translation>
    </message>
    <message>
        <source>Serving</source>
        <translation>Hizmet</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Çık</translation>
    </message>
    <message>
        <source>R3MES demo</source>
        <translation>R3MES demo</translation>
    </message>
</context>
<context>
    <name>UnstakeSheet</name>
    <message>
        <source>Unstake</source>
        <translation>Stake&apos;i çöz</translation>
    </message>
    <message>
        <source>From validator</source>
        <translation>Bu doğrulayıcıdan</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Devam</translation>
    </message>
</context>
<context>
    <name>WalletPage</name>
    <message>
        <source>Wallet</source>
        <translation>Cüzdan</translation>
    </message>
    <message>
        <source>Your wallet</source>
        <translation>Cüzdanınız</translation>
    </message>
    <message>
        <source>Looking for it…</source>
        <translation>Aranıyor…</translation>
    </message>
</context>
<context>
    <name>WatchSheet</name>
    <message>
        <source>Watch an address</source>
        <translation>Bir adresi izle</translation>
    </message>
    <message>
        <source>Its coins are shown here; they can&apos;t be spent from here, because the key is elsewhere.</source>
        <translation>Paraları burada görünür; anahtar başka yerde olduğu için buradan harcanamaz.</translation>
    </message>
    <message>
        <source>Watched</source>
        <translation>İzlenen</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adres</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>Watch it</source>
        <translation>İzle</translation>
    </message>
</context>
<context>
    <name>WelcomeView</name>
    <message>
        <source>Make a wallet</source>
        <translation>Cüzdan oluştur</translation>
    </message>
    <message>
        <source>Restore one from its words</source>
        <translation>Sözcüklerden geri yükle</translation>
    </message>
    <message>
        <source>Import a file</source>
        <translation>Dosyadan içe aktar</translation>
    </message>
    <message>
        <source>Watch an address</source>
        <translation>Bir adresi izle</translation>
    </message>
    <message>
        <source>Try everything with coins that are worth nothing: make a wallet, fund it, stake, send. A wallet of the demo can&apos;t sign for a real network.</source>
        <translation>Her şeyi değersiz parayla deneyin: cüzdan oluşturun, para alın, stake edin, gönderin. Demo cüzdanı gerçek bir ağ için imza atamaz.</translation>
    </message>
    <message>
        <source>It holds your REMES and stakes them for this computer&apos;s node. Its keys stay encrypted on this computer, and nobody can bring them back but you with your words.</source>
        <translation>REMES&apos;lerinizi tutar ve bu bilgisayarın düğümü için stake eder. Anahtarları bu bilgisayarda şifreli kalır; onları sözcüklerinizle yalnızca siz geri getirebilirsiniz.</translation>
    </message>
    <message>
        <source>Your wallet</source>
        <translation>Cüzdanınız</translation>
    </message>
</context>
<context>
    <name>WindowBars</name>
    <message>
        <source>Start again</source>
        <translation>Yeniden başlat</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Kapat</translation>
    </message>
</context>
<context>
    <name>Wording</name>
    <message>
        <source>Next try in {time}.</source>
        <translation>{time} sonra yeniden denenecek.</translation>
    </message>
    <message>
        <source>Not set up yet</source>
        <translation>Henüz kurulmadı</translation>
    </message>
    <message>
        <source>The engine is not installed on this computer yet. Switching Serving on installs it first.</source>
        <translation>Motor bu bilgisayarda henüz kurulu değil. Hizmet&apos;i açmak önce onu kurar.</translation>
    </message>
    <message>
        <source>Setting up the engine</source>
        <translation>Motor kuruluyor</translation>
    </message>
    <message>
        <source>This happens once. You can cancel it at any time.</source>
        <translation>Bu bir kez olur. İstediğiniz an vazgeçebilirsiniz.</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Başlıyor</translation>
    </message>
    <message>
        <source>The engine is about to start.</source>
        <translation>Motor başlamak üzere.</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Kapalı</translation>
    </message>
    <message>
        <source>This computer serves nothing. Switch Serving on to answer requests.</source>
        <translation>Bu bilgisayar hizmet vermiyor. İstekleri yanıtlamak için Hizmet&apos;i açın.</translation>
    </message>
    <message>
        <source>The engine is loading the model.</source>
        <translation>Motor modeli yüklüyor.</translation>
    </message>
    <message>
        <source>Registering</source>
        <translation>Kaydoluyor</translation>
    </message>
    <message>
        <source>The engine is ready and introduces itself to the gateway.</source>
        <translation>Motor hazır, ağ geçidine kendini tanıtıyor.</translation>
    </message>
    <message>
        <source>Serving</source>
        <translation>Hizmet veriyor</translation>
    </message>
    <message>
        <source>Requests that reach the gateway can be answered by this computer.</source>
        <translation>Ağ geçidine ulaşan istekleri bu bilgisayar yanıtlayabilir.</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Duraklatıldı</translation>
    </message>
    <message>
        <source>Serving is paused and goes on by itself.</source>
        <translation>Hizmet duraklatıldı, kendiliğinden sürecek.</translation>
    </message>
    <message>
        <source>Finishing</source>
        <translation>Tamamlanıyor</translation>
    </message>
    <message>
        <source>Running requests are finished; no new ones are taken.</source>
        <translation>Süren istekler tamamlanıyor; yenisi alınmıyor.</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Duruyor</translation>
    </message>
    <message>
        <source>The engine is ending.</source>
        <translation>Motor sonlanıyor.</translation>
    </message>
    <message>
        <source>Waiting to try again</source>
        <translation>Yeniden denemeyi bekliyor</translation>
    </message>
    <message>
        <source>The engine ended and will be started again.</source>
        <translation>Motor sona erdi, yeniden başlatılacak.</translation>
    </message>
    <message>
        <source>Stopped by a fault</source>
        <translation>Arıza nedeniyle durdu</translation>
    </message>
    <message>
        <source>The engine can&apos;t run until this is settled.</source>
        <translation>Bu giderilene kadar motor çalışamaz.</translation>
    </message>
    <message>
        <source>on</source>
        <translation>açık</translation>
    </message>
    <message>
        <source>off</source>
        <translation>kapalı</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>Bağlı</translation>
    </message>
    <message>
        <source>The gateway answers.</source>
        <translation>Ağ geçidi yanıt veriyor.</translation>
    </message>
    <message>
        <source>The gateway on this computer is starting.</source>
        <translation>Bu bilgisayardaki ağ geçidi başlıyor.</translation>
    </message>
    <message>
        <source>Not reachable</source>
        <translation>Ulaşılamıyor</translation>
    </message>
    <message>
        <source>The gateway does not answer.</source>
        <translation>Ağ geçidi yanıt vermiyor.</translation>
    </message>
    <message>
        <source>All well</source>
        <translation>Her şey yolunda</translation>
    </message>
    <message>
        <source>The graphics driver works.</source>
        <translation>Ekran kartı sürücüsü çalışıyor.</translation>
    </message>
    <message>
        <source>Looking for GPUs</source>
        <translation>GPU aranıyor</translation>
    </message>
    <message>
        <source>Asking the graphics driver.</source>
        <translation>Ekran kartı sürücüsüne soruluyor.</translation>
    </message>
    <message>
        <source>No NVIDIA driver</source>
        <translation>NVIDIA sürücüsü yok</translation>
    </message>
    <message>
        <source>Serving needs an NVIDIA GPU with its driver. Install the driver, then restart the computer.</source>
        <translation>Hizmet için sürücüsüyle birlikte bir NVIDIA GPU gerekir. Sürücüyü kurun, sonra bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>No GPU found</source>
        <translation>GPU bulunamadı</translation>
    </message>
    <message>
        <source>The driver works but sees no NVIDIA GPU in this computer.</source>
        <translation>Sürücü çalışıyor ama bu bilgisayarda NVIDIA GPU görmüyor.</translation>
    </message>
    <message>
        <source>Restart needed</source>
        <translation>Yeniden başlatma gerekli</translation>
    </message>
    <message>
        <source>The graphics driver was updated. Restart the computer so that it takes effect.</source>
        <translation>Ekran kartı sürücüsü güncellendi. Geçerli olması için bilgisayarı yeniden başlatın.</translation>
    </message>
    <message>
        <source>No permission</source>
        <translation>İzin yok</translation>
    </message>
    <message>
        <source>The graphics driver does not let this user read the GPUs.</source>
        <translation>Ekran kartı sürücüsü bu kullanıcının GPU&apos;ları okumasına izin vermiyor.</translation>
    </message>
    <message>
        <source>The driver reports an error</source>
        <translation>Sürücü hata bildiriyor</translation>
    </message>
    <message>
        <source>The graphics driver could not be read.</source>
        <translation>Ekran kartı sürücüsü okunamadı.</translation>
    </message>
</context>
<context>
    <name>WordsView</name>
    <message>
        <source>Nobody ever asks for these words: not we, not support, not a web page.</source>
        <translation>Bu sözcükleri hiç kimse istemez: ne biz, ne destek, ne bir web sayfası.</translation>
    </message>
    <message>
        <source>Whoever has them has your coins. Write them on paper, in order; no photo, no file, no mail.</source>
        <translation>Onlar kimdeyse paranız ondadır. Kâğıda sırasıyla yazın; fotoğraf, dosya, e-posta olmasın.</translation>
    </message>
    <message>
        <source>Recovery words</source>
        <translation>Kurtarma sözcükleri</translation>
    </message>
    <message>
        <source>Show my words</source>
        <translation>Sözcüklerimi göster</translation>
    </message>
    <message>
        <source>Show my words (in {seconds} s)</source>
        <translation>Sözcüklerimi göster ({seconds} sn içinde)</translation>
    </message>
    <message>
        <source>Nobody is looking: show my words</source>
        <translation>Kimse bakmıyor: sözcüklerimi göster</translation>
    </message>
</context>
<context>
    <name>_StakingSheet</name>
    <message>
        <source>Amount</source>
        <translation>Tutar</translation>
    </message>
    <message>
        <source>{name}  ·  commission {percent}</source>
        <translation>{name}  ·  komisyon {percent}</translation>
    </message>
    <message>
        <source>{name}  ·  {amount} staked</source>
        <translation>{name}  ·  {amount} stake edildi</translation>
    </message>
    <message>
        <source>What unstaking means</source>
        <translation>Stake çözmenin anlamı</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
</context>
<context>
    <name>_WalletSheet</name>
    <message>
        <source>Name of the wallet</source>
        <translation>Cüzdanın adı</translation>
    </message>
    <message>
        <source>Password for this computer</source>
        <translation>Bu bilgisayar için parola</translation>
    </message>
    <message>
        <source>At least 8 characters. It protects the file here; the words alone bring the wallet back.</source>
        <translation>En az 8 karakter. Buradaki dosyayı korur; cüzdanı yalnızca sözcükler geri getirir.</translation>
    </message>
    <message>
        <source>The password once more</source>
        <translation>Parola, bir kez daha</translation>
    </message>
    <message>
        <source>The password has less than 8 characters.</source>
        <translation>Parola 8 karakterden kısa.</translation>
    </message>
    <message>
        <source>The two passwords differ.</source>
        <translation>İki parola farklı.</translation>
    </message>
</context>
</TS>
