"""``python -m orchestration.command_line``, where the script is not installed."""

from orchestration.command_line.application import app

if __name__ == "__main__":
    app(prog_name="doing-with")
