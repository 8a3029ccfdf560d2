"""Training of preset vision models with torch and timm."""
