"""Jobs on several machines, "nodes": which of them this one is, and where they meet."""

import os
from collections.abc import Sequence

from omegaconf import DictConfig

from embedlab.errors import BadInput

NODE_RANK = ("NODE_RANK", "GROUP_RANK", "SLURM_NODEID")  # the first that is set


def nodes(config: DictConfig) -> int:
    """Machines of the job."""
    return int(config.trainer.get("num_nodes", 1))


def node_rank(config: DictConfig) -> int:
    """This machine's number among those of the job, from 0; number 0 keeps the run directory.

    Raises:
        BadInput: the job has several nodes, and nothing says which one this is.
    """
    if nodes(config) == 1:
        return 0
    said = next((os.environ[name] for name in NODE_RANK if name in os.environ), "")
    if not said.isdigit() or int(said) >= nodes(config):
        raise BadInput(
            f"trainer.num_nodes={nodes(config)}: which node is this? Set NODE_RANK to 0 … {nodes(config) - 1}, "
            "or start one task a node by Slurm's srun"
        )
    return int(said)


def rendezvous(config: DictConfig) -> list[str]:
    """How the nodes of the job find each other, as options of torch's launcher.

    Raises:
        BadInput: the job has several nodes, and nothing says where they meet.
    """
    if nodes(config) == 1:
        return ["--standalone"]
    address, port = os.environ.get("MASTER_ADDR"), os.environ.get("MASTER_PORT")
    job = os.environ.get("SLURM_JOB_ID")
    if job and not address:
        from lightning_fabric.plugins.environments import SLURMEnvironment

        address = SLURMEnvironment.resolve_root_node_address(os.environ["SLURM_JOB_NODELIST"])
    if job and not port:
        port = str(15000 + int(job) % 10000)  # of its own for each job, the same on all its nodes
    if not address or not (port or "").isdigit():
        raise BadInput(
            f"trainer.num_nodes={nodes(config)}: where do the nodes meet? Set MASTER_ADDR to the host of node 0 "
            "and MASTER_PORT to a free port there"
        )
    return [
        f"--nnodes={nodes(config)}", f"--node-rank={node_rank(config)}",
        f"--master-addr={address}", f"--master-port={port}",
    ]  # fmt: skip


def check_shared_directory(config: DictConfig, overrides: Sequence[str]) -> None:
    """See that the nodes of a job write to one run directory.

    Raises:
        BadInput: each would make up its own.
    """
    if nodes(config) > 1 and not any(override.startswith("run_dir=") for override in overrides):
        raise BadInput(
            f"trainer.num_nodes={nodes(config)}: the nodes share one run directory; name it with run_dir=PATH"
        )
