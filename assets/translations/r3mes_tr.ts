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
        <source>Closing the window</source>
        <translation>Pencere kapatılınca</translation>
    </message>
    <message>
        <source>asks</source>
        <translation>sor</translation>
    </message>
    <message>
        <source>keeps R3MES in the tray</source>
        <translation>R3MES tepside kalsın</translation>
    </message>
    <message>
        <source>quits R3MES</source>
        <translation>R3MES&apos;ten çık</translation>
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
        <source>Problems: {problems}. Warnings: {warnings}.</source>
        <translation>Sorunlar: {problems}. Uyarılar: {warnings}.</translation>
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
        <source>SmolLM2 135M (built-in)</source>
        <translation>SmolLM2 135M (gömülü)</translation>
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
        <source>Recorded time</source>
        <translation>Kaydedilmiş saat</translation>
    </message>
    <message>
        <source>Take the tour</source>
        <translation>Tura katıl</translation>
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
    <message>
        <source>Leave the demo</source>
        <translation>Demodan çık</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Yeniden başlat</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Kapat</translation>
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
        <source>A grant lets this computer&apos;s node take part for your wallet. The node&apos;s own key can move no money, so nothing worth stealing lies on a computer that runs unattended.</source>
        <translation>Yetki, bu bilgisayardaki düğümün cüzdanınız adına katılmasını sağlar. Düğümün kendi anahtarı para taşıyamaz; böylece başıboş çalışan bilgisayarda çalınmaya değer bir şey bulunmaz.</translation>
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
        <source>for another gateway; make a new one for this one</source>
        <translation>başka bir ağ geçidi için; bunun için yenisini oluşturun</translation>
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
        <translation>{roles} olarak kaydol</translation>
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
        <source>Serving was switched off.</source>
        <translation>Hizmet kapalıydı.</translation>
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
        <source>Reset the rules…</source>
        <translation>Kuralları sıfırla…</translation>
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
        <source>Imported.</source>
        <translation>İçe aktarıldı.</translation>
    </message>
    <message>
        <source>Reset the rules?</source>
        <translation>Kurallar sıfırlansın mı?</translation>
    </message>
    <message>
        <source>All rules and the schedule get their first values. Model, gateway and wallet stay as they are.</source>
        <translation>Tüm kurallar ve çizelge ilk değerlerini alır. Model, ağ geçidi ve cüzdan olduğu gibi kalır.</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Sıfırla</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Vazgeç</translation>
    </message>
    <message>
        <source>The rules have their first values again.</source>
        <translation>Kurallar yeniden ilk değerlerinde.</translation>
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
