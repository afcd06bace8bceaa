"""File formats: scene text, meshes, recordings. Given declarations, it returns values and knows no device."""
