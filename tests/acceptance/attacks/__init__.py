"""The shared set of good and tampered packs: what both verifiers must say of each.

Being imported here enters the attacks of a module.
"""

from tests.acceptance.attacks import carriers, insiders, signers

__all__ = ["carriers", "insiders", "signers"]
