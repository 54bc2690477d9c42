"""The pages for administrators of the installation."""
