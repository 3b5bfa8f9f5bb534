"""The wallet: keys, vault, transactions, chain and staking, without Qt."""
