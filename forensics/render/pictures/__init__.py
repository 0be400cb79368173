"""Pictures made from the data of a report: drawings for pages, diagrams in text for Markdown."""

from forensics.render.pictures.pictures import Pictures, Surface, drawings, pictures

__all__ = ["Pictures", "Surface", "drawings", "pictures"]
