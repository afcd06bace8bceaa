"""The window. It only watches: delete this folder and everything else still runs."""
