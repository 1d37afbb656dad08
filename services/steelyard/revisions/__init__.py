"""Revisions: how two models differ, and models made by editing the weights of another."""
