"""Evaluation: ``data`` reads rows, ``systems`` and ``baselines`` answer them, ``cells`` keeps the answers, ``figures``
computes figures of merit from them, ``report`` is the outcome and ``pages`` its renderings; ``run`` is the way through.
"""
