"""Training with a script of the user's: its `conf` and its `create_model` (spec 03 section 2.4).

The script runs in the job only: without network, without credentials. What goes wrong in it is told as
error 9 (spec 03 section 3.7) with the line where it happened.
"""

from openbml_deep.scripts.scripted_networks import ScriptedClassifier, scripted
from openbml_deep.scripts.user_script import UserScript, read_script, with_conf

__all__ = ["ScriptedClassifier", "UserScript", "read_script", "scripted", "with_conf"]
