"""The doctor's sentences, apart from its decisions, so that a front end can say them in another language."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    reason: str
    """What is, one sentence."""
    advice: str = ""
    """What the person can do."""


class FixWords(NamedTuple):
    label: str
    """On a button."""
    command: str = ""
    """What does the same on the command line."""


TITLES = {
    "driver": "Graphics driver",
    "gpu": "GPU generation",
    "vram": "GPU memory",
    "engine": "Engine",
    "self_test": "Engine self-test",
    "antivirus": "Antivirus",
    "memory": "Memory",
    "disk": "Disk space",
    "folder": "Data folder",
    "network": "Network",
    "gateway": "Gateway",
    "clock": "Clock",
    "ports": "Local connections",
    "keyring": "System keyring",
    "python": "Python",
    "libc": "System library",
}

FIXES = {
    "": FixWords(""),
    "install_engine": FixWords("Switch Serving on", "r3mes start"),
    "try_again": FixWords("Try again", "r3mes start"),
    "choose_cpu": FixWords("Use the CPU", "r3mes settings set device cpu"),
    "open_data_folder": FixWords("Open the data folder"),
    "choose_gateway": FixWords("Choose a gateway", "r3mes settings set gateway_url URL"),
    "show_logs": FixWords("Show the log", "r3mes logs"),
    "show_gpus": FixWords("Show the GPUs"),
    "open_clock_settings": FixWords("Open the clock's settings"),
    "open_network_settings": FixWords("Open the network's settings"),
    "open_driver_page": FixWords("Get the driver"),
    "join_gpu_group": FixWords("Copy the command", 'sudo usermod -aG video,render "$USER"'),
}

FINDINGS = {
    # The graphics driver.
    "driver_ok": Finding("NVIDIA driver {version} works."),
    "driver_demo": Finding("The demo's GPUs are made up."),
    "driver_starting": Finding("The driver has not answered yet.", "Run the doctor again in a moment."),
    "driver_missing": Finding(
        "The NVIDIA driver is not installed, or not running.",
        "Install the driver and restart the computer. Serving on the CPU is for trying it out.",
    ),
    "driver_no_gpu": Finding("The driver sees no NVIDIA GPU.", "Check that the card is seated and has its power."),
    "driver_mismatch": Finding(
        "The driver was updated and the old one still runs.", "Restart the computer; nothing else helps."
    ),
    "driver_no_permission": Finding(
        "This user may not use the driver.",
        "Let the user into the group that owns /dev/nvidia0, often `video` or `render`, and sign in again.",
    ),
    "driver_failed": Finding("{message}", "Restart the computer; if that does not help, install the driver again."),
    "driver_not_needed": Finding("There is no NVIDIA driver, and the CPU was chosen."),
    # The cards.
    "gpu_ok": Finding("{name}: compute capability {capability}."),
    "gpu_too_old": Finding("{name} is too old for the engine: {reason}", "Only a newer card helps."),
    "gpu_unusable": Finding("{name} can't be used: {reason}", "{hint}"),
    "gpu_other_unusable": Finding("{name}, one of several cards, can't be used: {reason}", "{hint}"),
    "gpu_degraded": Finding("{name} works, with a flaw: {reason}", "{hint}"),
    "gpu_untested": Finding(
        "{name} has compute capability {capability}; the engine will tell whether that is enough.",
    ),
    "gpu_none": Finding("There is no GPU to look at."),
    "gpu_lost": Finding("{name} was there and is gone.", "Restart the computer and check the card's power."),
    "vram_ok": Finding("{name}: {free} of {total} free."),
    "vram_small": Finding("{name} has {total}.", "Choose small or quantised models."),
    "vram_busy": Finding("{name}: only {free} of {total} free.", "Close other programs that use the GPU."),
    "vram_unknown": Finding("The driver does not tell how much memory there is."),
    # The engine.
    "engine_ok": Finding("Installed: {location}."),
    "engine_demo": Finding("The demo's engine is a part of the launcher."),
    "engine_missing": Finding(
        "The engine is not installed yet. It takes {size} on the disk.",
        "Switching Serving on installs it first; it can be interrupted and repeated.",
    ),
    "engine_missing_size_unknown": Finding(
        "The engine is not installed yet.",
        "Switching Serving on installs it first; it can be interrupted and repeated.",
    ),
    "engine_vanished": Finding(
        "The engine's program {location} is gone.",
        "Try again to install what is missing. If an antivirus took it, allow its folder first.",
    ),
    "antivirus_ok": Finding("No file of the engine is missing."),
    "antivirus_suspected": Finding(
        "A file of the engine vanished after it was installed. An antivirus may have moved it.",
        "Look into the antivirus's quarantine, and allow the folder {folder}.",
    ),
    "antivirus_unknown": Finding("There is nothing to miss before the engine is installed."),
    "self_test_ok": Finding("The engine starts and can use {name}."),
    "self_test_cpu": Finding("The engine starts. It uses the CPU, as chosen."),
    "self_test_no_gpu": Finding("{problem}", "{hint}"),
    "self_test_failed": Finding("{problem}", "The log has the engine's own words."),
    "self_test_skipped": Finding("The engine is not installed yet."),
    # The computer.
    "memory_ok": Finding("{available} of {total} available."),
    "memory_small": Finding("This computer has {total}.", "Close other programs while it serves; choose small models."),
    "memory_low": Finding("Only {available} of {total} available.", "Close other programs."),
    "memory_unknown": Finding("The system does not tell."),
    "disk_ok": Finding("{free} free."),
    "disk_low": Finding("Only {free} free.", "Models and updates need space soon: free some."),
    "disk_full": Finding("Only {free} free; {needed} are needed.", "Free some space, or set R3MES_HOME elsewhere."),
    "disk_unknown": Finding("The system does not tell."),
    "folder_ok": Finding("{path} can be written to."),
    "folder_broken": Finding("{path} can't be used: {problem}.", "Correct its rights, or set R3MES_HOME elsewhere."),
    "python_ok": Finding("{version}"),
    "python_unsupported": Finding(
        "Python {version} is not supported.", "Use a Python from 3.11 to 3.14, or the desktop package."
    ),
    "libc_ok": Finding("glibc {version}"),
    "libc_old": Finding("glibc {version} is older than 2.34.", "Use a newer system, such as Debian 12."),
    "libc_other": Finding("{system} has no glibc."),
    # The network.
    "network_ok": Finding("The network is up."),
    "network_down": Finding("This computer has no network.", "Connect it. The demo works without."),
    "network_not_needed": Finding("This computer has no network; the gateway on it works without."),
    "network_unknown": Finding("The system does not tell."),
    "gateway_ok": Finding("{url} answers."),
    "gateway_not_running": Finding("The gateway on this computer runs with the launcher, which does not run."),
    "gateway_starting": Finding("The gateway on this computer does not run yet.", "Run the doctor again in a moment."),
    "gateway_unreachable": Finding("{problem}", "Check the address and the network, or choose another gateway."),
    "clock_ok": Finding("Agrees with the gateway's to {seconds} s."),
    "clock_local": Finding("The gateway is on this computer and has the same clock."),
    "clock_off": Finding(
        "This computer's clock is {seconds} s {direction} the gateway's.",
        "Let the system set its time from the network.",
    ),
    "clock_wrong": Finding(
        "This computer's clock is {seconds} s {direction} the gateway's. Signatures with a date may be refused.",
        "Let the system set its time from the network.",
    ),
    "clock_unknown": Finding("The gateway's time is not known."),
    "ports_ok": Finding("This computer can connect to itself."),
    "ports_blocked": Finding(
        "This computer can't connect to itself ({problem}).",
        "A firewall or an antivirus is in the way: allow R3MES connections to 127.0.0.1.",
    ),
    "keyring_ready": Finding("It can keep the wallet's unlock key, if you want that."),
    "keyring_none": Finding("This system has none that the wallet can use; the wallet's password works without."),
    "keyring_locked": Finding(
        "It is locked.", "Unlock it with your login password, or use the wallet's password."
    ),
    "keyring_denied": Finding("It refuses access.", "Use the wallet's password, or allow R3MES in the keyring."),
    "keyring_unanswered": Finding("It does not answer; it may be waiting for you in another window."),
}  # fmt: skip
