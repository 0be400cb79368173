"""What the commands of a case leave open."""

from forensics.analysis import gaps
from forensics.analysis.diagnose import Diagnosis
from forensics.model import Unanswered


def left_open(diagnosis: Diagnosis, *asked: Unanswered) -> list[Unanswered]:
    """The questions about outcomes that are unknown, where rules ask these."""
    scene = diagnosis.scene
    return list(gaps._of_commands(scene, scene.examined(), asked, diagnosis.causation))
