"""The wallet's pages and sheets: they draw `WalletState` and pass wishes on."""
