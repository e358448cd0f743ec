"""The loop: themes go to owners as cases, and cases keep their promises. Pure: values in, new values out."""
