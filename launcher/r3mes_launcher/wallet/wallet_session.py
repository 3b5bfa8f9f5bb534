"""The command line's wallet: one vault, one store and one network, for the length of one command."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.profiles import NetworkProfile, built_in_profiles, parse_profile, read_profile
from r3mes_launcher.wallet.sealed_file import STANDARD, StretchParameters
from r3mes_launcher.wallet.sender import Sender
from r3mes_launcher.wallet.vault import Vault
from r3mes_launcher.wallet.wallet_record import WalletRecord
from r3mes_launcher.wallet.wallet_store import WalletStore

MAX_PROFILE_BYTES = 64 * 1024


def default_home() -> Path:
    """R3MES_HOME, or the platform's place for a user's data."""
    named = os.environ.get("R3MES_HOME")
    return Path(named) if named else platformdirs.user_data_path("r3mes", appauthor=False)


@dataclass(frozen=True)
class Online:
    profile: NetworkProfile
    client: ChainClient
    sender: Sender
    store: WalletStore


class WalletSession:
    def __init__(
        self,
        home: Path,
        network: str,
        endpoints: tuple[str, ...],
        *,
        network_key: str = "",
        parameters: StretchParameters = STANDARD,
    ) -> None:
        """`network_key`: who must have signed the file of the network's profile."""
        self._folder = home / "wallet"
        self._network = network
        self._network_key = network_key
        self._endpoints = endpoints
        self.vault = Vault(self._folder / "vault", now=time.time, parameters=parameters)

    def profile(self) -> NetworkProfile:
        """The network by name, or by the path of a profile's file; its endpoints may be replaced."""
        found = next((profile for profile in built_in_profiles() if profile.name == self._network), None)
        if found is None:
            found = self._profile_file()
        elif self._network_key:
            raise WalletError(
                Problem.BAD_PROFILE,
                Sentence(
                    "“{network}” is a network that this program brings along: there is no signature to check.",
                    network=self._network,
                ),
                "Leave --network-key out, or give the file of a signed profile.",
            )
        if not self._endpoints:
            return found
        return parse_profile(found.model_copy(update={"endpoints": self._endpoints}).model_dump_json().encode())

    def _profile_file(self) -> NetworkProfile:
        try:
            with Path(self._network).open("rb") as file:
                data = file.read(MAX_PROFILE_BYTES + 1)
        except OSError:
            names = ", ".join(profile.name for profile in built_in_profiles())
            raise WalletError(
                Problem.BAD_PROFILE,
                Sentence(
                    "There is no network “{network}”; known are {names}, or a profile's file.",
                    network=self._network,
                    names=names,
                ),
            ) from None
        return read_profile(data, self._network_key)

    def unlock(self, password: str) -> None:
        """An empty password leaves a vault as it is that the keyring has opened."""
        if password or self.vault.is_locked:
            self.vault.unlock(password)

    def open_or_create(self, password: str) -> None:
        if self.vault.exists():
            self.vault.unlock(password)
        else:
            self.vault.create(password)

    def choose(self, name: str) -> WalletRecord:
        """A wallet by name, address or id; without any, the only one."""
        wallets = self.vault.wallets()
        if not name and len(wallets) == 1:
            return wallets[0]
        found = [wallet for wallet in wallets if name in (wallet.name, wallet.address, wallet.wallet_id)]
        if len(found) != 1:
            names = ", ".join(f"“{wallet.name}”" for wallet in wallets) or "none"
            raise WalletError(
                Problem.NO_SUCH_WALLET,
                Sentence("Say which wallet, by name or address; there are: {names}.", names=names),
            )
        return found[0]

    @asynccontextmanager
    async def online(self) -> AsyncIterator[Online]:
        profile = self.profile()
        store = WalletStore(self._folder / f"{profile.name}.sqlite")
        client = ChainClient(EndpointPool(profile.endpoints))
        try:
            yield Online(profile, client, Sender(profile, client, store, now=time.time), store)
        finally:
            await client.close()
            store.close()
