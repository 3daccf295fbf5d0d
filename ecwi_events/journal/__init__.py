"""The journal: who changed what, when and through which door. It only ever grows."""
