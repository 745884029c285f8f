import pytest
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.nodes import check_shared_directory, node_rank, rendezvous

VARIABLES = (
    "NODE_RANK", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT", "SLURM_NODEID", "SLURM_JOB_ID", "SLURM_JOB_NODELIST",
)  # fmt: skip


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def set_(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_


def job(nodes: int):
    return OmegaConf.create({"trainer": {"num_nodes": nodes}})


def test_one_node_needs_no_meeting_point(environment) -> None:
    assert node_rank(job(1)) == 0
    assert rendezvous(job(1)) == ["--standalone"]
    check_shared_directory(job(1), [])


def test_nodes_meet_where_torchrun_s_variables_say(environment) -> None:
    environment(NODE_RANK="2", MASTER_ADDR="host0", MASTER_PORT="29500")
    assert rendezvous(job(3)) == ["--nnodes=3", "--node-rank=2", "--master-addr=host0", "--master-port=29500"]


def test_nodes_of_a_slurm_job_meet_on_its_first(environment) -> None:
    environment(SLURM_NODEID="1", SLURM_JOB_ID="1234567", SLURM_JOB_NODELIST="gpu[07-08,11]")
    assert rendezvous(job(2)) == ["--nnodes=2", "--node-rank=1", "--master-addr=gpu07", "--master-port=19567"]


@pytest.mark.parametrize("said", [{}, {"NODE_RANK": "2"}, {"NODE_RANK": "first"}])
def test_which_node_this_is_must_be_said(environment, said) -> None:
    environment(MASTER_ADDR="host0", MASTER_PORT="29500", **said)
    with pytest.raises(BadInput, match=r"trainer.num_nodes=2: which node is this\? Set NODE_RANK to 0 … 1"):
        rendezvous(job(2))


@pytest.mark.parametrize("said", [{}, {"MASTER_ADDR": "host0"}, {"MASTER_ADDR": "host0", "MASTER_PORT": "any"}])
def test_where_the_nodes_meet_must_be_said(environment, said) -> None:
    environment(NODE_RANK="0", **said)
    with pytest.raises(BadInput, match=r"trainer.num_nodes=2: where do the nodes meet\? Set MASTER_ADDR"):
        rendezvous(job(2))


def test_nodes_share_a_directory() -> None:
    check_shared_directory(job(2), ["seed=1", "run_dir=r"])
    with pytest.raises(BadInput, match="run_dir=PATH"):
        check_shared_directory(job(2), ["seed=1"])
