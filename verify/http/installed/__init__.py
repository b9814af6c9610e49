"""The installed app: its page, its service worker, its manifest, and what it says without the server."""
