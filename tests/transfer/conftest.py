"""Scripts and configs that the tests run are no modules of tests."""

collect_ignore = ['stand_in.py', 'tiny.py']
