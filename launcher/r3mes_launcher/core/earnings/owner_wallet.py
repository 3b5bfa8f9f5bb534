"""The running launcher's wallet as the gateway account needs it."""

from __future__ import annotations

from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.wallet_service import WalletService
from r3mes_launcher.core.wallet_state import VaultState
from r3mes_launcher.wallet.adr36 import SignedMessage
from r3mes_launcher.wallet.errors import WalletError


class ServiceWallet:
    """Satisfies `OwnerWallet`."""

    def __init__(self, service: WalletService) -> None:
        self._service = service

    def signer(self) -> str:
        state = self._service.state
        if state.vault is VaultState.ABSENT:
            raise EarningsProblem(Standing.NO_WALLET)
        if state.vault is not VaultState.OPEN:
            raise EarningsProblem(Standing.LOCKED, state.problem)
        entry = state.wallet
        if entry is None:
            raise EarningsProblem(Standing.NO_WALLET)
        if not entry.signs:
            raise EarningsProblem(Standing.WATCH_ONLY)
        return entry.address

    def owner(self) -> str:
        entry = self._service.state.wallet
        return "" if entry is None else entry.address

    async def sign(self, address: str, text: str) -> SignedMessage:
        try:
            record = self._service.active_record()
            if record.address != address:
                # Another wallet was chosen meanwhile.
                raise EarningsProblem(Standing.SIGNED_OUT)
            return await self._service.with_vault(lambda vault: vault.sign_message(record.wallet_id, text.encode()))
        except WalletError as error:
            raise EarningsProblem(Standing.LOCKED, str(error)) from None
