"""What the operator decides, read once from the environment. Every time-out and bound has its name here.

The text after each setting is its row in docs/operations.md, which `r3mes-api config docs` writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from r3mes_api.adapter_choice.decision import RouterKind
from r3mes_api.devnet.parameters import ErrorShape, RoleRecords
from r3mes_api.price_list import MAX_PRICE
from r3mes_api.setting_kinds import (
    Forgiving,
    InferenceMode,
    LocalBackend,
    LocalDevice,
    LogFormat,
    NodeAuth,
    Profile,
    StakePolicy,
    Switch,
    as_browser_origins,
    as_chain_urls,
    as_database,
    as_networks,
    as_origin,
    as_prices,
    as_redis,
    count,
    seconds,
    setting,
    share,
)
from r3mes_protocol.limits import INITIAL_WINDOW_BYTES, MAX_ADAPTERS_PER_NODE, MAX_BODY_BYTES, MAX_NAME_CHARS
from r3mes_protocol.wire import GatewayOrigin


class Settings(BaseSettings):
    """The names are those of the environment in lower case and without the prefix `R3MES_`.

    Made by `load_settings`. It reads nothing by itself, neither the process's environment nor any file, so that one
    mapping decides, and a test or `config check --env-file` hands in its own.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    inference_mode: Annotated[InferenceMode, Forgiving] = setting(
        InferenceMode.DISABLED, "disabled, mock, remote, local", "remote"
    )
    """Who answers prompts: nobody, a mock for tests, nodes that dial in, or one engine that the gateway starts."""
    node_auth: Annotated[NodeAuth, Forgiving] = setting(NodeAuth.GRANT, "grant, open", "grant")
    """Which nodes may register: those with a grant of their owner, or any; the latter is for development."""
    profile: Annotated[Profile, Forgiving] = setting(Profile.DEVELOPMENT, "development, production", "production")
    """Production refuses what only a test may do, and says at the start what is missing."""
    public_url: Annotated[GatewayOrigin, BeforeValidator(as_origin)] | None = setting(
        None, "the http:// or https:// address under which nodes dial this gateway", "https://gateway.example.org"
    )
    """The address under which nodes dial; they sign for it. Production needs it where nodes are taken."""
    network: str | None = setting(None, "the network's name as it stands in grants", "r3mes-testnet-1", max_length=128)
    """The network's name; a grant for another one is refused. Not set: any."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Forgiving] = setting(
        "info", "debug, info, warning, error", "info"
    )
    """How much is logged, on stderr. No level logs prompts, answers or secrets."""
    log_format: Annotated[LogFormat, Forgiving] = setting(LogFormat.TEXT, "text, json", "json")
    """Lines for people, or one JSON object a line for a collector."""
    request_log: Annotated[Switch, Forgiving] = setting(Switch.OFF, "on, off", "on")
    """One line for each request: method, address, status, time, bytes, request id."""
    metrics: Annotated[Switch, Forgiving] = setting(Switch.ON, "on, off", "on")
    """Whether `/metrics` answers. A proxy in front should keep it from the public."""
    traces: Annotated[Switch, Forgiving] = setting(Switch.OFF, "on, off", "on")
    """OpenTelemetry: a trace of each request, without prompts. Where it goes is said by its own variables, such as
    OTEL_EXPORTER_OTLP_ENDPOINT. Needs the extra `otel`."""
    cors_allowed_origins: Annotated[tuple[str, ...], BeforeValidator(as_browser_origins)] = setting(
        (),
        "origins separated by commas, or * outside production",
        "https://app.example.org,https://www.example.org",
        variable="CORS_ALLOWED_ORIGINS",
    )
    """Web pages whose scripts may call this gateway from a browser. Not set: none."""
    database_url: Annotated[str, BeforeValidator(as_database)] | None = setting(
        None,
        "sqlite:////path or postgresql://user:password@host/database",
        "sqlite:////var/lib/r3mes/gateway.db",
        variable="DATABASE_URL",
        secret=True,
    )
    """Where accounts and usage are kept. Not set: a SQLite file in the data folder."""
    redis_url: Annotated[str, BeforeValidator(as_redis)] | None = setting(
        None, "redis://, rediss:// or unix:// address", "redis://127.0.0.1:6379/0", variable="REDIS_URL", secret=True
    )
    """Where several replicas share what may be forgotten: rates, sign-ins, and which of them holds which node."""

    # --- several replicas ---
    replica_url: Annotated[GatewayOrigin, BeforeValidator(as_origin)] | None = setting(
        None, "the http:// or https:// address under which other replicas reach this one", "http://10.0.0.2:8000"
    )
    """Makes the gateway one of several that share their nodes, by REDIS_URL. Not set: it stands alone."""
    replica_secret: str | None = setting(
        None, "at least 32 characters, the same for all replicas", "0123456789abcdef" * 2, secret=True, min_length=32
    )
    """By it replicas know one another; it never travels."""
    replica_sync_s: float = seconds(0.25, high=60.0)
    """How often replicas look for what is new of one another's nodes; a new node is told of at once."""
    replica_ttl_s: float = seconds(6.0, low=0.5)
    """A replica that says nothing for so long is forgotten. One that ends by itself says so."""
    replica_silence_s: float = seconds(6.0, low=0.2)
    """A connection between replicas without any sign of life for so long is given up, and its answers move."""

    # --- who asks ---
    accounts: Annotated[Switch, Forgiving] = setting(Switch.OFF, "on, off", "on")
    """Whether users sign in by wallet, show API keys and pay with credits. Off: anybody may ask; nothing is kept."""
    anonymous_chat: Annotated[Switch, Forgiving] = setting(Switch.OFF, "on, off", "on")
    """With accounts: whether prompts without a key are answered too. They cost nothing; only their rate is limited."""
    data_folder: Path | None = setting(None, "a folder that the gateway may write to", "/var/lib/r3mes")
    """Holds the key with which the gateway signs receipts, and the database when there is no DATABASE_URL. Accounts
    need it."""
    address_prefix: str | None = setting(
        None, "how the network's wallet addresses begin", "remes", pattern="^[a-z]{1,20}$"
    )
    """Wallets with other addresses can't sign in. Not set: any."""
    prompt_price: int = count(0, low=0, high=MAX_PRICE)
    """Base units for a million tokens of prompts."""
    completion_price: int = count(0, low=0, high=MAX_PRICE)
    """Base units for a million tokens of answers."""
    model_prices: Annotated[tuple[str, ...], BeforeValidator(as_prices)] = setting(
        (), "name=prompt/completion, separated by commas", "Big-Model=200000/800000,ipek=100000/400000"
    )
    """Other prices, for models and adapters by name."""
    node_share_percent: int = count(90, low=0, high=100)
    """What the nodes earn of it; the gateway keeps the rest."""
    welcome_credits: int = count(0, low=0, high=2**53)
    """Base units for an address that signs in for the first time. Addresses cost nothing, so anybody can make many."""
    unstated_tokens: int = count(4096)
    """The most that an answer may have where its request names no `max_tokens`: somebody pays, so there is a bound."""
    key_requests_per_minute: int = count(120, low=0)
    """Prompts of one API key; 0 for any number."""
    key_burst: int = count(30)
    """Prompts of one API key at once, after a pause."""
    address_requests_per_minute: int = count(240, low=0)
    """Prompts of one address, with and without a key and with accounts or without; 0 for any number."""
    address_burst: int = count(60)
    """Prompts of one address at once, after a pause."""
    limit_loopback: Annotated[Switch, Forgiving] = setting(Switch.OFF, "on, off", "on")
    """Whether requests from this machine itself are limited too."""
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(as_networks)] = setting(
        ("127.0.0.0/8", "::1/128"), "networks or addresses, separated by commas", "127.0.0.0/8,::1/128,10.0.0.0/8"
    )
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    # --- the node session ---
    heartbeat_s: float = seconds(10.0, low=0.1, high=3600.0)
    """A session is dead after two of these without any traffic."""
    register_timeout_s: float = seconds(10.0)
    """An unregistered socket lives this long."""
    session_write_timeout_s: float = seconds(10.0)
    """A node that does not take one control frame for this long is cut off: its socket is stuck."""
    session_close_timeout_s: float = seconds(2.0)
    """How long a last word may take to leave; a stuck socket must not hold its task."""
    session_queue_bytes: int = count(8 * 1024 * 1024, low=4 * 1024 * 1024, high=2**30)
    """Control frames that wait for one node; two of the largest jobs fit twice."""
    stray_frames: int = count(64)
    """Frames for no known job before a session is closed; a few may cross with a cancel."""
    cancel_grace_s: float = seconds(5.0)
    """A cancelled job holds its place on the node until the node confirms, but no longer than this."""
    resume_grace_s: float = seconds(1.5, low=0.0, high=60.0)
    """A node that lost its socket is back within this with its unfinished answers, or they move. An engine dials three
    times within a second; longer than 2 s and a client would notice a node that died. 0: they move at once."""
    max_nodes: int = count(1024)
    """Registered nodes at once."""
    max_unregistered_sockets: int = count(64)
    """Node sockets at once that have not registered yet."""
    max_jobs_per_node: int = count(64, high=4096)
    """Jobs at once on one node, whatever it says of itself."""
    registrations_per_minute: int = count(20)
    """Of one node key. A node that reconnects by the book needs about eight in its first minute."""
    initial_window_bytes: int = count(INITIAL_WINDOW_BYTES, low=64 * 1024, high=2**24)
    """Bytes of one answer that may be on their way or wait for a slow reader."""

    # --- nodes that are called at an endpoint of their own ---
    endpoint_nodes: Annotated[Switch, Forgiving] = setting(Switch.ON, "on, off", "off")
    """Whether a node may name an https address at which this gateway calls it, as nodes in data centres do."""
    endpoint_networks: Annotated[tuple[str, ...], BeforeValidator(as_networks)] = setting(
        (), "networks separated by commas", "10.20.0.0/16,fd00:20::/32"
    )
    """Private networks in which endpoints may lie, also with plain http. Not set: public addresses alone are called."""
    endpoint_certificates: Path | None = setting(None, "the path of a PEM file", "/etc/r3mes/data-centre.pem")
    """Certificate authorities that are believed beside the system's."""
    endpoint_token_file: Path | None = setting(None, "the path of a JSON file", "/etc/r3mes/endpoint-tokens.json")
    """`{"node id": "bearer token"}`, readable by the gateway alone. Read at each registration."""
    endpoint_connect_s: float = seconds(5.0, high=60.0)
    """Until an endpoint has taken a connection; over the public Internet that is a matter of round trips."""
    endpoint_resolve_s: float = seconds(3.0, high=8.0)
    """Until an endpoint's name is resolved; the node is waiting to be registered, and gives up after 10 s."""

    # --- the owners' stakes ---
    stake_policy: Annotated[StakePolicy, Forgiving] = setting(StakePolicy.OFF, "off, warn, require", "off")
    """Whether the owner's stake is asked of the chain, and whether too little of it keeps a node out."""
    chain_urls: Annotated[tuple[str, ...], BeforeValidator(as_chain_urls)] = setting(
        (), "http:// or https:// addresses separated by commas", "https://rest.example.org,http://10.0.0.7:1317"
    )
    """REST APIs of the chain's nodes, the best first. Where R3MES_NETWORK is set, each has to be of that chain."""
    stake_denom: str = setting("ur3mes", "the name of the staked coin's base unit", "ur3mes", max_length=128)
    """One REMES is a million of these."""
    stake_serving: int = count(1000, low=0, high=10**12)
    """REMES that the owner of a serving node has delegated at least; the roles of a node add up."""
    stake_mining: int = count(1000, low=0, high=10**12)
    """The same for mining."""
    stake_validator: int = count(100_000, low=0, high=10**12)
    """The same for a validator."""
    stake_proposer: int = count(50_000, low=0, high=10**12)
    """The same for a proposer."""
    stake_fresh_s: float = seconds(300.0)
    """The chain is asked again about an owner after this; unstaking takes days."""
    stake_stale_s: float = seconds(86400.0, high=30 * 86400.0)
    """While the chain is away its last word counts for so long."""
    stake_timeout_s: float = seconds(4.0, high=8.0)
    """For all of the chain's addresses together; the node is waiting to be registered, and gives up after 10 s."""
    stake_reads: int = count(8, high=256)
    """Owners that are asked about at once."""

    # --- one request ---
    first_token_s: float = seconds(90.0)
    """Absolute from receipt, all tries and all waiting included."""
    node_first_token_s: float = seconds(30.0)
    """After this a silent node is left if another one has room; a slow one that is alone may use the whole deadline."""
    stall_s: float = seconds(30.0)
    """After the first token: a node that has credit and sends nothing for so long has failed."""
    stall_floor_s: float = seconds(1.5)
    """No silence shorter than this is a stall, however fast the node has been."""
    continue_answers: bool = setting(True, "true, false", "true")
    """Whether an answer that broke off is continued by another node that can; otherwise the client gets an error."""
    continue_first_token_s: float = seconds(10.0)
    """The other node has read the text so far and writes on within this; the client is waiting in mid-sentence."""
    decision_records: int = count(1000, high=100_000)
    """Requests whose way through the nodes can still be looked up; one takes some kilobytes."""
    decision_file: Path | None = setting(None, "the path of a file", "/var/lib/r3mes/decisions.jsonl")
    """Keeps each request's way through the nodes, without prompts, for a replay: up to 64 MiB, and an older file."""
    answer_s: float = seconds(900.0)
    """A whole answer, from receipt to its end. Nothing lasts for ever."""
    client_stall_s: float = seconds(120.0)
    """A client that takes no byte for so long loses its answer, since it holds a place on a node."""
    body_timeout_s: float = seconds(30.0)
    """Until the request's body is here."""
    header_timeout_s: float = seconds(15.0)
    """Until a new connection has sent a whole request head."""
    keep_alive_s: float = seconds(15.0)
    """A stream that is quiet for so long gets a comment; proxies cut quiet connections after 60 s."""
    failure_memory_s: float = seconds(10.0)
    """A node that failed a request comes after the others for this long."""
    refusal_memory_s: float = seconds(1.0)
    """A node that refused for capacity counts as full for this long, or until its next heartbeat."""
    max_body_bytes: int = count(MAX_BODY_BYTES, low=1024, high=MAX_BODY_BYTES)
    """A larger request body is refused."""
    max_requests: int = count(512)
    """Chat requests at once, waiting ones included."""
    max_waiting_requests: int = count(128, low=0)
    """Of these, requests that wait for room on a node."""
    room_wait_s: float = seconds(20.0)
    """A request waits for room no longer than this, so that a client hears early that the network is full."""
    max_connections: int = count(4096)
    """Open HTTP connections and node sockets together."""

    # --- which adapter ---
    adapter_router: Annotated[RouterKind, Forgiving] = setting(RouterKind.KEYWORD, "off, keyword, semantic", "semantic")
    """How the adapter is chosen for `model: "auto"` and for `/chat` without one: not at all, by keywords, or by the
    meaning too, which needs `pip install 'r3mes[semantic]'` and a sentence model; without them it stays at keywords."""
    default_adapter: str | None = setting(
        None, "an adapter's name, or none for the base model alone", "general", min_length=1, max_length=MAX_NAME_CHARS
    )
    """The adapter for prompts that no topic claims. Not set: the one of the topics file. Where no node offers it, the
    base model answers."""
    adapter_topics: Path | None = setting(
        None, "a file like r3mes_api/adapter_choice/topics.json", "/etc/r3mes/topics.json"
    )
    """The topics with their adapters, keywords and examples, in the place of those that come with the program."""
    sentence_model: Path | None = setting(
        None, "the folder of a sentence-transformers model", "/var/lib/r3mes/all-MiniLM-L6-v2"
    )
    """What the semantic router compares meanings with. It is loaded from this folder, never from the network."""
    sentence_model_s: float = setting(0.5, "a number of seconds from 0.01 to 10", "0.5", ge=0.01, le=10)
    """A prompt waits so long for its meaning; then the keywords decide."""
    keyword_certain: float = share(0.85)
    """From this confidence on the keywords decide alone."""
    keyword_enough: float = share(0.45)
    """Keywords below this confidence don't count."""
    semantic_enough: float = share(0.4)
    """A meaning below this confidence doesn't count."""
    adapter_nodes: int = count(1, high=1000)
    """Nodes that should have an adapter ready, where it is asked for at all. More are chosen as more is asked."""
    adapter_plan_s: float = seconds(5.0)
    """How often it is decided anew which nodes should have which adapter."""
    adapter_hints_per_minute: float = setting(60.0, "a number from 0 to 6000", "60", ge=0, le=6000)
    """How often nodes are told to load an adapter ahead of its requests; 0: never."""
    max_adapters_per_node: int = count(MAX_ADAPTERS_PER_NODE, low=0, high=2**16)
    """Adapters that one node may offer."""

    # --- the end ---
    drain_s: float = seconds(30.0)
    """After SIGTERM running streams may finish for so long."""
    fast_drain_s: float = seconds(0.7)
    """The same when the launcher is gone: the process ends within 3 s in all."""

    # --- mock mode ---
    mock_tokens_per_second: float = setting(30.0, "a number from 1 to 10000", "30", ge=1, le=10_000)
    """The mock's pace."""
    mock_first_token_s: float = setting(0.15, "a number of seconds from 0 to 60", "0.15", ge=0, le=60)
    """The mock's time to the first token."""

    # --- the devnet ---
    devnet: bool = setting(False, "true, false", "true")
    """Whether an emulated chain answers under `/cosmos/`, `/remes/` and `/devnet/`; its coins are worth nothing."""
    devnet_file: Path | None = setting(None, "the path of a file", "/var/lib/r3mes/devnet.sqlite")
    """Where the devnet keeps its state. Not set: in memory, gone at the end."""
    devnet_block_s: float = seconds(1.0, low=0.01, high=60.0)
    """Between two blocks."""
    devnet_unbonding_s: int = count(120, high=31_536_000)
    """How long coins that are unstaked stay locked, in seconds."""
    devnet_role_records: Annotated[RoleRecords, Forgiving] = setting(
        RoleRecords.EVERYTHING, "everything, public", "public"
    )
    """What the role module keeps of a registration: everything, or only what the public chain keeps."""
    devnet_error_shape: Annotated[ErrorShape, Forgiving] = setting(ErrorShape.MESSAGE, "message, response", "response")
    """How a refused transaction is answered: inside the message of an HTTP 500, or in the response of a 200."""

    # --- local mode ---
    engine_python: str | None = setting(
        None, "the path of a Python program", "/opt/r3mes-engine/bin/python", max_length=4096
    )
    """The Python that has the engine and its GPU libraries. Not set: the gateway's own."""
    local_device: Annotated[LocalDevice, Forgiving] = setting(LocalDevice.AUTO, "auto, cuda, cpu", "cpu")
    """What the engine runs on. auto and cuda need a GPU; cpu is slow and meant for testers."""
    local_model: str = setting("builtin", "builtin, or the path of a model", "/srv/models/my-model", max_length=4096)
    """The small model that comes with the engine, or a Hugging Face folder or GGUF file."""
    local_adapters: Path | None = setting(None, "the path of a folder", "/srv/adapters")
    """LoRA adapters in PEFT's format, each in a folder of its own. Not set: none."""
    local_embedding_model: Path | None = setting(None, "the path of a folder", "/srv/models/all-MiniLM-L6-v2")
    """A sentence-transformers model for `/v1/embeddings`. Not set: none."""
    local_backend: Annotated[LocalBackend, Forgiving] = setting(
        LocalBackend.TRANSFORMERS, "transformers, scripted", "transformers"
    )
    """scripted answers without a model, for tests of the whole way."""
    local_concurrency: int | None = setting(None, "a whole number from 1 to 1024", "16", ge=1, le=1024)
    """Answers at once. Not set: the engine's own choice for its device."""
    local_state_folder: Path | None = setting(None, "the path of a folder", "/var/lib/r3mes/engine")
    """The engine's node key and converted models. Not set: `gateway/engine` in the user's data folder of R3MES."""
    local_start_s: float = seconds(900.0, low=1.0)
    """An engine that does not serve within this is ended: large models take minutes to load, none takes longer."""
