"""First feedback: from a file to its first themes, with or without a workspace."""

import streamlit as st

from voc.app import shared, upload, who, words
from voc.config import CONFIG_FILE

st.title("From your file to its themes in a minute")
folder = shared.folder()
if (folder / CONFIG_FILE).is_file():
    p = shared.begin(filtered=False, data=False)
    if p.ws.may("upload"):
        upload.card(p.ws, folder, p.actor)
    else:
        st.text(f"Bringing files in is an administrator's; you are {p.ws.principal.in_words()}.")
elif place := who.exposed():
    st.text(words.plain(f"{place} Make the workspace on this machine first."))
else:
    st.caption(words.plain(f"A workspace will be made in {folder}."))
    upload.card(None, folder, "")
