"""Upload the trained classifier: one line. Run train.py first, and set CLOCHE_API_KEY.

python examples/digits/upload.py
"""

from __future__ import annotations

from pathlib import Path

from train import load

from cloche.pytorch import upload_model

HERE = Path(__file__).parent


def main() -> None:
    """Upload, then say how to ask."""
    model_id, access_token = upload_model("digits", load(), HERE / "model.py")
    print(f"model id      {model_id}")
    print(f"access token  {access_token}  (may run this model and nothing else)")


if __name__ == "__main__":
    main()
