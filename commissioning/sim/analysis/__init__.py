"""What a run came to, from the journal alone: key figures, bottleneck, lost time, stock, energy, causes.

Nothing here sees a live line or device; an import contract holds that.
"""
