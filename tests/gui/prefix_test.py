"""The tokens before the patches: bars of what a head gives them, which are queries by click and by key."""

from driver import ROOT, check, open_window

MODEL = "random:C=48,L=2,h=3,P=16,S=64,K=5,reg=3,dist=1,seed=1"
photo = ROOT / "assets" / "images" / "chelsea.png"

with open_window("--model", MODEL, photo) as window:
    window.settle()
    marks = window.marks()
    names = [f"heads.prefix.{token}" for token in range(5)] + ["heads.prefix.patches"]
    check(all(name in marks for name in names), "there is a bar for each prefix token and one for the patches")
    check("heads.prefix.5" not in marks, "and none for a patch")
    shares = [float(marks[name]["value"]) for name in names]
    check(abs(sum(shares) - 1) < 1e-3 and max(shares) < 1, f"together they are the attention: {shares}")

    state = window.click("heads.prefix.3")
    check(state["shown"]["query"] == "token:3", f"a click on register 1 asks it: {state['shown']['query']}")
    moved = [float(window.mark(name)["value"]) for name in names]
    check(moved != shares, f"the bars are now the register's: {moved}")
    check(window.mark("attention.query")["value"] == "token:3", "the strip names it")
    state = window.click("heads.prefix.1", down=0.95)
    check(state["shown"]["query"] == "token:1", f"a click on a label asks the distillation token: {state['shown']['query']}")
    state = window.key("t")
    check(state["shown"]["query"] == "token:2", f"T asks the next one, register 0: {state['shown']['query']}")
    window.key("t")
    window.key("t")
    state = window.key("t")
    check(state["shown"]["query"] == "cls", f"after the last register comes the class token: {state['shown']['query']}")
    state = window.click("heads.prefix.patches")
    check(state["shown"]["query"] == "cls", "the bar of the patches is no query")
