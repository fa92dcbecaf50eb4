"""The verdict for people (terminal, HTML, Markdown) and for machines (JSON, JUnit). Every text passes the masker."""
