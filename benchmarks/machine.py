"""What a benchmark ran on and with, as the last columns of its CSV file."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(threads: int, *packages: str) -> dict[str, object]:
    """Processor, cores, threads in use, and the versions of these packages."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    versions = {package.replace("-", "_"): version(package) for package in packages}
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "threads": threads,
        **versions,
    }
