"""The wire format of transactions: `cosmos.proto` and the code generated from it."""
