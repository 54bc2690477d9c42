"""The pages that people see, in folders by what they are at; beside them, what all pages share."""
