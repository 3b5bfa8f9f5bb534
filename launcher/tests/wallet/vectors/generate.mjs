// Makes cosmjs.json with CosmJS, an implementation that shares no code with ours. Not run by the tests.
//
//   npm install --ignore-scripts @cosmjs/proto-signing@0.39.0 @cosmjs/amino@0.39.0 @cosmjs/crypto@0.39.0 \
//     @cosmjs/encoding@0.39.0 @cosmjs/stargate@0.39.0 cosmjs-types@0.11.0
//   node generate.mjs > cosmjs.json        (in the folder that has node_modules)
import { makeSignDoc as makeAminoSignDoc, serializeSignDoc } from "@cosmjs/amino";
import {
  Bip39, Secp256k1, Slip10, Slip10Curve, ripemd160, sha256, stringToPath,
} from "@cosmjs/crypto";
import { fromHex, toBase64, toBech32, toHex, toUtf8 } from "@cosmjs/encoding";
import { defaultRegistryTypes } from "@cosmjs/stargate";
import { Registry, makeAuthInfoBytes, makeSignBytes, makeSignDoc, encodePubkey } from "@cosmjs/proto-signing";
import { BinaryWriter } from "cosmjs-types/binary";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { SendAuthorization } from "cosmjs-types/cosmos/bank/v1beta1/authz";
import { StakeAuthorization } from "cosmjs-types/cosmos/staking/v1beta1/authz";
import { AllowedMsgAllowance, BasicAllowance, PeriodicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";

const PREFIX = "remes";

// 24 words, 12 words, and the published vector of BIP-39 whose entropy is all zero.
const PHRASES = [
  { entropy: "00000000000000000000000000000000", passphrase: "" },
  { entropy: "00000000000000000000000000000000", passphrase: "TREZOR" },
  { entropy: "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f", passphrase: "" },
  { entropy: "0c1e24e5917779d297e14d45f14e1a1a", passphrase: "" },
  { entropy: "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c", passphrase: "  blanks count  " },
  { entropy: "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f", passphrase: "Çığ ㍱ é é İıŞğ 💰" },
  { entropy: "9e885d952ad362caeb4efe34a8e91bd2", passphrase: "ﬁne ①" },
];
const PATHS = [
  "m/44'/118'/0'/0/0", "m/44'/118'/0'/0/1", "m/44'/118'/0'/0/4", "m/44'/118'/3'/0/0",
  "m/44'/9999'/0'/0/0", "m/44'/9999'/0'/0/2", "m/44'/118'/2147483647'/0/2147483647", "m/0/1",
];

const bech = (pubkey, prefix) => toBech32(prefix, ripemd160(sha256(pubkey)));

async function derive(entropy, passphrase, path) {
  const seed = await Bip39.mnemonicToSeed(Bip39.encode(fromHex(entropy)), passphrase.normalize("NFKD"));
  const { privkey } = Slip10.derivePath(Slip10Curve.Secp256k1, seed, stringToPath(path));
  const pair = await Secp256k1.makeKeypair(privkey);
  return { privkey, pubkey: Secp256k1.compressPubkey(pair.pubkey), seed };
}

const keys = [];
for (const { entropy, passphrase } of PHRASES) {
  for (const path of PATHS) {
    const { privkey, pubkey, seed } = await derive(entropy, passphrase, path);
    keys.push({
      mnemonic: Bip39.encode(fromHex(entropy)).toString(), passphrase, path, seed: toHex(seed),
      private_key: toHex(privkey), public_key: toHex(pubkey),
      address: bech(pubkey, PREFIX), operator_address: bech(pubkey, PREFIX + "valoper"),
    });
  }
}

// The network's own messages, written field by field.
function resources(value) {
  const writer = BinaryWriter.create();
  value.forEach((number, index) => { if (number) writer.uint32(((index + 1) << 3) | 0).uint32(number); });
  return writer.finish();
}
function allocation({ role, quota }) {
  const inner = BinaryWriter.create();
  quota.forEach((number, index) => { if (number) inner.uint32(((index + 1) << 3) | 0).uint32(number); });
  return BinaryWriter.create().uint32(8).int32(role).uint32(18).bytes(inner.finish()).finish();
}
function packedRoles(writer, field, roles) {
  if (!roles.length) return;
  writer.uint32((field << 3) | 2).fork();
  for (const role of roles) writer.int32(role);
  writer.ldelim();
}
const RegisterNode = {
  encode(m) {
    const writer = BinaryWriter.create().uint32(10).string(m.nodeAddress).uint32(16).int32(m.nodeType)
      .uint32(26).bytes(resources(m.resources)).uint32(34).string(m.stake);
    packedRoles(writer, 5, m.roles);
    for (const item of m.allocations) writer.uint32(50).bytes(allocation(item));
    if (m.proof) writer.uint32(58).string(m.proof);
    return writer;
  },
  fromPartial: (m) => m,
};
const UpdateNode = {
  encode(m) {
    const writer = BinaryWriter.create().uint32(10).string(m.nodeAddress).uint32(18).bytes(resources(m.resources));
    packedRoles(writer, 3, m.roles);
    for (const item of m.allocations) writer.uint32(34).bytes(allocation(item));
    if (m.proof) writer.uint32(42).string(m.proof);
    return writer;
  },
  fromPartial: (m) => m,
};
const registry = new Registry([
  ...defaultRegistryTypes,
  ["/remes.remes.v1.MsgRegisterNode", RegisterNode],
  ["/remes.remes.v1.MsgUpdateNodeRegistration", UpdateNode],
]);

const signer = await derive(PHRASES[0].entropy, "", PATHS[0]);
const other = await derive(PHRASES[2].entropy, "", PATHS[0]);
const me = bech(signer.pubkey, PREFIX), friend = bech(other.pubkey, PREFIX);
const validator = bech(other.pubkey, PREFIX + "valoper"), validator2 = bech(signer.pubkey, PREFIX + "valoper");
const coin = (amount, denom = "ur3mes") => ({ denom, amount: String(amount) });
const any = (typeUrl, type, value) => ({ typeUrl, value: type.encode(type.fromPartial(value)).finish() });
const until = { seconds: 1893456000n, nanos: 0 };
const later = { seconds: 1893456000n, nanos: 500000000 };

const T = {
  send: ["/cosmos.bank.v1beta1.MsgSend", { fromAddress: me, toAddress: friend, amount: [coin(1500000)] },
    { from_address: me, to_address: friend, amount: [coin(1500000)] }],
  delegate: ["/cosmos.staking.v1beta1.MsgDelegate", { delegatorAddress: me, validatorAddress: validator, amount: coin(1000000000) },
    { delegator_address: me, validator_address: validator, amount: coin(1000000000) }],
  undelegate: ["/cosmos.staking.v1beta1.MsgUndelegate", { delegatorAddress: me, validatorAddress: validator, amount: coin(1) },
    { delegator_address: me, validator_address: validator, amount: coin(1) }],
  redelegate: ["/cosmos.staking.v1beta1.MsgBeginRedelegate",
    { delegatorAddress: me, validatorSrcAddress: validator, validatorDstAddress: validator2, amount: coin("340282366920938463463374607431768211456") },
    { delegator_address: me, validator_src_address: validator, validator_dst_address: validator2, amount: coin("340282366920938463463374607431768211456") }],
  cancel: ["/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
    { delegatorAddress: me, validatorAddress: validator, amount: coin(7), creationHeight: 123456n },
    { delegator_address: me, validator_address: validator, amount: coin(7), creation_height: "123456" }],
  withdraw: ["/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", { delegatorAddress: me, validatorAddress: validator },
    { delegator_address: me, validator_address: validator }],
  grant_generic: ["/cosmos.authz.v1beta1.MsgGrant",
    { granter: me, grantee: friend, grant: { authorization: any("/cosmos.authz.v1beta1.GenericAuthorization", GenericAuthorization, { msg: "/cosmos.gov.v1.MsgVote" }), expiration: until } },
    { granter: me, grantee: friend, grant: { authorization: { "@type": "/cosmos.authz.v1beta1.GenericAuthorization", msg: "/cosmos.gov.v1.MsgVote" }, expiration: "2030-01-01T00:00:00Z" } }],
  grant_send: ["/cosmos.authz.v1beta1.MsgGrant",
    { granter: me, grantee: friend, grant: { authorization: any("/cosmos.bank.v1beta1.SendAuthorization", SendAuthorization, { spendLimit: [coin(5)], allowList: [friend] }), expiration: until } },
    { granter: me, grantee: friend, grant: { authorization: { "@type": "/cosmos.bank.v1beta1.SendAuthorization", spend_limit: [coin(5)], allow_list: [friend] }, expiration: "2030-01-01T00:00:00Z" } }],
  grant_stake: ["/cosmos.authz.v1beta1.MsgGrant",
    { granter: me, grantee: friend, grant: { authorization: any("/cosmos.staking.v1beta1.StakeAuthorization", StakeAuthorization, { maxTokens: coin(9), allowList: { address: [validator] }, authorizationType: 1 }), expiration: later } },
    { granter: me, grantee: friend, grant: { authorization: { "@type": "/cosmos.staking.v1beta1.StakeAuthorization", max_tokens: coin(9), allow_list: { address: [validator] }, authorization_type: "AUTHORIZATION_TYPE_DELEGATE" }, expiration: "2030-01-01T00:00:00.500Z" } }],
  revoke: ["/cosmos.authz.v1beta1.MsgRevoke", { granter: me, grantee: friend, msgTypeUrl: "/cosmos.bank.v1beta1.MsgSend" },
    { granter: me, grantee: friend, msg_type_url: "/cosmos.bank.v1beta1.MsgSend" }],
  allowance_basic: ["/cosmos.feegrant.v1beta1.MsgGrantAllowance",
    { granter: me, grantee: friend, allowance: any("/cosmos.feegrant.v1beta1.BasicAllowance", BasicAllowance, { spendLimit: [coin(100000)], expiration: until }) },
    { granter: me, grantee: friend, allowance: { "@type": "/cosmos.feegrant.v1beta1.BasicAllowance", spend_limit: [coin(100000)], expiration: "2030-01-01T00:00:00Z" } }],
  allowance_periodic: ["/cosmos.feegrant.v1beta1.MsgGrantAllowance",
    { granter: me, grantee: friend, allowance: any("/cosmos.feegrant.v1beta1.AllowedMsgAllowance", AllowedMsgAllowance, {
      allowance: any("/cosmos.feegrant.v1beta1.PeriodicAllowance", PeriodicAllowance, {
        basic: { spendLimit: [coin(100000)] }, period: { seconds: 86400n, nanos: 0 }, periodSpendLimit: [coin(10)], periodCanSpend: [coin(10)], periodReset: until }),
      allowedMessages: ["/remes.remes.v1.MsgRegisterNode"] }) },
    { granter: me, grantee: friend, allowance: { "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
      allowance: { "@type": "/cosmos.feegrant.v1beta1.PeriodicAllowance", basic: { spend_limit: [coin(100000)] }, period: "86400s", period_spend_limit: [coin(10)], period_can_spend: [coin(10)], period_reset: "2030-01-01T00:00:00Z" },
      allowed_messages: ["/remes.remes.v1.MsgRegisterNode"] } }],
  revoke_allowance: ["/cosmos.feegrant.v1beta1.MsgRevokeAllowance", { granter: me, grantee: friend }, { granter: me, grantee: friend }],
  register: ["/remes.remes.v1.MsgRegisterNode",
    { nodeAddress: me, nodeType: 2, resources: [8, 32, 1, 24, 100, 1000], stake: "1000000000ur3mes", roles: [2, 1],
      allocations: [{ role: 2, quota: [2, 6, 24, 1, 24] }, { role: 1, quota: [1, 2, 8] }], proof: "" },
    { node_address: me, node_type: "NODE_TYPE_SERVING",
      resources: { cpu_cores: 8, memory_gb: 32, gpu_count: 1, gpu_memory_gb: 24, storage_gb: 100, network_bandwidth_mbps: 1000 },
      stake: "1000000000ur3mes", roles: ["NODE_TYPE_SERVING", "NODE_TYPE_MINING"],
      role_allocations: [{ role: "NODE_TYPE_SERVING", quota: { role: "NODE_TYPE_SERVING", cpu_cores: 6, memory_gb: 24, gpu_count: 1, gpu_memory_gb: 24 } },
        { role: "NODE_TYPE_MINING", quota: { role: "NODE_TYPE_MINING", cpu_cores: 2, memory_gb: 8 } }] }],
  register_bare: ["/remes.remes.v1.MsgRegisterNode",
    { nodeAddress: me, nodeType: 1, resources: [], stake: "1000000000ur3mes", roles: [1], allocations: [{ role: 1, quota: [] }], proof: "bafyproof" },
    { node_address: me, node_type: "NODE_TYPE_MINING", stake: "1000000000ur3mes", roles: ["NODE_TYPE_MINING"],
      role_allocations: [{ role: "NODE_TYPE_MINING", quota: {} }], resource_proof_ipfs_hash: "bafyproof" }],
  update: ["/remes.remes.v1.MsgUpdateNodeRegistration",
    { nodeAddress: me, resources: [4], roles: [1], allocations: [{ role: 1, quota: [1, 4] }], proof: "" },
    { node_address: me, resources: { cpu_cores: 4 }, roles: ["NODE_TYPE_MINING"],
      role_allocations: [{ role: "NODE_TYPE_MINING", quota: { role: "NODE_TYPE_MINING", cpu_cores: 4 } }] }],
};

const transactions = [];
async function sign(name, parts, { sequence = 0, accountNumber = 7, memo = "", timeoutHeight = 0n, fee = [coin(5000)], gas = 200000, granter, chainId = "r3mes-testnet-1" } = {}) {
  const messages = parts.map(([typeUrl, value]) => ({ typeUrl, value }));
  const body = TxBody.encode(TxBody.fromPartial({
    messages: messages.map((m) => ({ typeUrl: m.typeUrl, value: registry.encode(m) })), memo, timeoutHeight })).finish();
  const pubkey = encodePubkey({ type: "tendermint/PubKeySecp256k1", value: toBase64(signer.pubkey) });
  const auth = makeAuthInfoBytes([{ pubkey, sequence }], fee, gas, granter, undefined);
  const doc = makeSignDoc(body, auth, chainId, accountNumber);
  const signBytes = makeSignBytes(doc);
  const signature = await Secp256k1.createSignature(sha256(signBytes), signer.privkey);
  const compact = new Uint8Array([...signature.r(32), ...signature.s(32)]);
  const raw = TxRaw.encode({ bodyBytes: body, authInfoBytes: auth, signatures: [compact] }).finish();
  transactions.push({
    name, mnemonic: keys[0].mnemonic, passphrase: "", path: PATHS[0], prefix: PREFIX, chain_id: chainId,
    account_number: String(accountNumber), sequence: String(sequence),
    fee: { amount: fee, gas_limit: String(gas), payer: "", granter: granter ?? "" }, memo, timeout_height: String(timeoutHeight),
    messages: parts.map(([typeUrl, , json]) => ({ "@type": typeUrl, ...json })),
    sign_bytes: toHex(signBytes), signature: toHex(compact), tx_bytes: toBase64(raw), hash: toHex(sha256(raw)).toUpperCase(),
  });
}
for (const [name, part] of Object.entries(T)) await sign(name, [part]);
await sign("several messages", [T.withdraw, T.delegate, T.send], { sequence: 4, gas: 450000, timeoutHeight: 9000n });
await sign("memo of 256 bytes", [T.send], { memo: "ç".repeat(128), sequence: 300 });
await sign("large numbers", [T.send], { sequence: 9007199254740991, accountNumber: 4294967296, gas: 5000000000, chainId: "other-1" });
await sign("no fee", [T.send], { fee: [] });
await sign("two fee coins", [T.send], { fee: [coin(3, "stake"), coin(4)] });
await sign("fee granter", [T.register], { granter: friend });

const messages = [];
for (const text of ["", "hello", "Merhaba dünya <&> \u2028 💰", JSON.stringify({ v: 1 }), "x".repeat(3000)]) {
  const data = toUtf8(text);
  const doc = makeAminoSignDoc([{ type: "sign/MsgSignData", value: { signer: me, data: toBase64(data) } }], { gas: "0", amount: [] }, "", "", 0, 0);
  const signature = await Secp256k1.createSignature(sha256(serializeSignDoc(doc)), signer.privkey);
  messages.push({
    mnemonic: keys[0].mnemonic, passphrase: "", path: PATHS[0], prefix: PREFIX, text, signer: me,
    public_key: toBase64(signer.pubkey), signature: toBase64(new Uint8Array([...signature.r(32), ...signature.s(32)])),
  });
}

console.log(JSON.stringify({ keys, transactions, messages }, null, 1));
