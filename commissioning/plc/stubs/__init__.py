"""What a program uses and nobody declares: how it is used says what stands in for it (decision 30)."""
