import json

import numpy as np
import onnxruntime
import torch
from PIL import Image
from safetensors import safe_open

from embedlab.apps.export import export_onnx, export_projector, export_safetensors
from embedlab.models import Conv4


def test_safetensors_holds_the_weights_and_the_config(tmp_path):
    model = Conv4((1, 16, 16), channels=4)
    path = export_safetensors(model, tmp_path, {"seed": 3})
    with safe_open(path, "pt") as saved:
        assert json.loads(saved.metadata()["config"]) == {"seed": 3}
        assert set(saved.keys()) == set(model.state_dict())
        for name, value in model.state_dict().items():
            assert torch.equal(saved.get_tensor(name), value)


def test_onnx_gives_the_same_embeddings_for_any_batch_size(tmp_path):
    torch.manual_seed(0)
    model = Conv4((1, 16, 16), embedding_dim=8, channels=4, batch_norm=True, normalize=True).eval()
    session = onnxruntime.InferenceSession(export_onnx(model, tmp_path, (1, 16, 16)))
    for batch in (1, 5):
        x = torch.rand(batch, 1, 16, 16)
        np.testing.assert_allclose(session.run(None, {"inputs": x.numpy()})[0], model(x).detach().numpy(), atol=1e-5)


def test_projector_lines_up_vectors_names_and_pictures(tmp_path):
    embeddings = np.arange(6, dtype=np.float32).reshape(3, 2)
    thumbnails = np.stack([np.full((4, 5), shade, np.uint8) for shade in (10, 20, 30)])
    folder = export_projector(embeddings, ["a", "b", "c"], thumbnails, tmp_path / "projector")
    assert (folder / "tensors.tsv").read_text() == "0\t1\n2\t3\n4\t5\n"
    assert (folder / "metadata.tsv").read_text() == "a\nb\nc\n"
    sprite = np.asarray(Image.open(folder / "sprite.png"))
    assert sprite.shape == (8, 10)  # a square of two by two, the last place empty
    assert [sprite[0, 0], sprite[0, 5], sprite[4, 0], sprite[4, 5]] == [10, 20, 30, 0]
    assert "single_image_dim: 5\n    single_image_dim: 4" in (folder / "projector_config.pbtxt").read_text()
