"""Conv4 that looks at the clock when a training step begins, so that framework.py times every contestant alike."""

import json
import os
import time
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from embedlab.models import Conv4

FIRST_STEP = "FIRST_STEP"  # environment variable: file for the moment the first step is done, which ends the process


class ClockedConv4(Conv4):
    """Notes when each forward pass in training begins.

    By the clock of the machine, which is one for all processes, and by the processor time of this one.
    """

    beginnings: ClassVar[list[tuple[float, float]]] = []

    def forward(self, images: Tensor) -> Tensor:
        if self.training:
            self.beginnings.append((time.monotonic(), time.process_time()))
            if len(self.beginnings) == 2 and FIRST_STEP in os.environ:
                Path(os.environ[FIRST_STEP]).write_text(json.dumps(self.beginnings[1]))
                os._exit(0)
        return super().forward(images)
