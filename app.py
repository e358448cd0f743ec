"""voc in the browser: ``streamlit run app.py``, or ``voc app``. Everything is in ``voc.app``."""

from voc.app.router import run

run()
