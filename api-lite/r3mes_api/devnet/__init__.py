"""An emulated chain: what a wallet asks of a node of the network, answered as a real one answers, with coins that are
worth nothing. For trying out and for tests, never in production.

`R3MES_DEVNET=1` switches it on; the gateway then answers under its own address:

    POST /devnet/faucet {"address", "amount"?}    base units -> {"tx_hash", "amount", "denom"}: free coins, soon
    GET  /devnet/faucet                           the faucet's address and what it gives
    GET  /cosmos/base/tendermint/v1beta1/         node_info, syncing, blocks/latest, blocks/HEIGHT
    GET  /cosmos/base/node/v1beta1/config
    GET  /cosmos/auth/v1beta1/                    params, accounts, accounts/A
    GET  /cosmos/bank/v1beta1/                    balances/A, balances/A/by_denom?denom=, spendable_balances/A, supply
    GET  /cosmos/staking/v1beta1/                 params, pool, validators, validators/V, validators/V/delegations/A,
                                                  delegations/A, delegators/A/unbonding_delegations,
                                                  delegators/A/redelegations
    GET  /cosmos/slashing/v1beta1/params
    GET  /cosmos/distribution/v1beta1/delegators/A/rewards
    GET  /cosmos/authz/v1beta1/                   grants?granter=&grantee=, grants/granter/A, grants/grantee/A
    GET  /cosmos/feegrant/v1beta1/                allowances/GRANTEE, issued/GRANTER
    GET  /cosmos/gov/v1/proposals                 always none
    GET  /remes/remes/v1/                         params, node_registration/A, node_registrations, serving_nodes
    POST /cosmos/tx/v1beta1/                      txs, simulate
    GET  /cosmos/tx/v1beta1/                      txs/HASH, txs?query=message.sender='A'&order_by=&limit=&page=

Chain id `r3mes-devnet-1`, prefix `remes`, coin `ur3mes` (REMES = 10⁶), gas 0.025 ur3mes. Three validators.

Pure functions decide (`execution`, `bank`, `staking`, `permissions`, `node_roles` on `records`); `chain` keeps what
waits and what is decided; `storage`, `routes` and `service` do the rest.
"""
