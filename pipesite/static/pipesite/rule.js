// The form of a rule: what a choice asks for comes at once, with the focus where it was. Without it
// the buttons of the form do the same. On the set-up page: asks before a move loses other edits.
"use strict";
{
    const PAUSE = 600;
    const INPUTS = "select, input:not([type=hidden]), textarea, summary";
    const form = document.getElementById("rule_form");
    // What was pressed or chosen and not answered yet: each request carries all of it.
    const unanswered = new Map();
    let underWay = null;
    let timer = 0;
    let changes = 0;
    let lastKey = -Infinity;
    let mouseDown = -Infinity;

    function hideButtons() {
        form.querySelectorAll(".ps-choose").forEach((button) => { button.hidden = true; });
    }

    function press(name, value) {
        unanswered.set(`${name} ${value}`, [name, value]);
    }

    // Who chooses by keys passes other choices on the way: these are not asked for.
    function ask(waits = isRecent(lastKey)) {
        clearTimeout(timer);
        timer = setTimeout(renew, waits ? PAUSE : 0);
    }

    function isRecent(time) {
        return performance.now() - time < PAUSE;
    }

    function stop() {
        clearTimeout(timer);
        timer = 0;
        underWay?.abort();
    }

    async function renew() {
        stop();
        const mine = new AbortController();
        underWay = mine;
        const before = changes;
        form.setAttribute("aria-busy", "true");
        try {
            const body = new FormData(form);
            const answer = await fetch(window.location.href, {method: "POST", body, signal: mine.signal});
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.getElementById("rule_form");
            if (!answer.ok || !fresh) {
                throw new Error("no form");
            }
            if (changes === before && !isRecent(mouseDown)) {
                show(fresh);
            } else {
                // Something was typed meanwhile, or is just being clicked: ask again, with that.
                ask(true);
            }
        } catch {
            if (!mine.signal.aborted) {
                // The plain way shows what is the matter.
                form.submit();
            }
        } finally {
            if (underWay === mine) {
                form.removeAttribute("aria-busy");
            }
        }
    }

    function show(fresh) {
        const isChoice = Array.from(unanswered.values()).every(([name]) => name === "_choose");
        const hadFocus = form.contains(document.activeElement);
        const known = new Set(form.querySelectorAll(INPUTS));
        unanswered.clear();
        update(form, fresh);
        hideButtons();
        if (!isChoice || (hadFocus && !form.contains(document.activeElement))) {
            (form.querySelector("[autofocus]") || form.querySelector("#add-condition")).focus();
        } else if (document.activeElement.name === "_remove") {
            // Who went on with Tab before the next input had come meant that.
            const row = document.activeElement.parentElement;
            Array.from(row.querySelectorAll(INPUTS)).find((each) => !known.has(each))?.focus();
        }
    }

    // Makes an element what a fresh one is. What is the same stays, and with it the focus, a list
    // that is open, and a date that is typed by half.
    function update(old, fresh) {
        updateAttributes(old, fresh);
        const kept = parts(old);
        const wanted = parts(fresh);
        wanted.forEach((part, place) => {
            if (!kept[place]) {
                old.append(part);
            } else if (!isAlike(kept[place], part)) {
                kept[place].replaceWith(part);
            } else if (part instanceof Element) {
                update(kept[place], part);
            } else if (kept[place].data !== part.data) {
                kept[place].data = part.data;
            }
        });
        kept.slice(wanted.length).forEach((part) => part.remove());
        ["value", "checked"].forEach((each) => {
            if (each in fresh && old[each] !== fresh[each]) {
                old[each] = fresh[each];
            }
        });
    }

    function updateAttributes(old, fresh) {
        old.getAttributeNames().filter((name) => !fresh.hasAttribute(name) && name !== "open")
            .forEach((name) => old.removeAttribute(name));
        fresh.getAttributeNames().filter((name) => old.getAttribute(name) !== fresh.getAttribute(name))
            .forEach((name) => old.setAttribute(name, fresh.getAttribute(name)));
    }

    function parts(of) {
        return Array.from(of.childNodes).filter((node) => node instanceof Element || node.data.trim());
    }

    function isAlike(one, other) {
        return one.nodeName === other.nodeName && one.id === other.id && one.type === other.type;
    }

    function summarize(pick) {
        const ticked = Array.from(pick.querySelectorAll(":checked"), (box) => box.parentElement.textContent.trim());
        pick.querySelector("[data-picked]").textContent = ticked.join(", ") || "Choose …";
    }

    if (form) {
        form.addEventListener("input", () => { changes += 1; });
        form.addEventListener("change", (event) => {
            const name = event.target.dataset.choose;
            if (name) {
                press("_choose", name);
                ask();
            } else if (event.target.closest(".ps-pick")) {
                summarize(event.target.closest(".ps-pick"));
            }
        });
        form.addEventListener("formdata", (event) => {
            unanswered.forEach(([name, value]) => event.formData.append(name, value));
        });
        form.addEventListener("submit", (event) => {
            const button = event.submitter;
            stop();
            if (["_add", "_remove"].includes(button?.name)) {
                event.preventDefault();
                press(button.name, button.value);
                renew();
            }
        });
        form.addEventListener("keydown", (event) => {
            lastKey = event.key === "Tab" ? -Infinity : performance.now();
            if (timer) {
                ask();
            }
            const pick = event.key === "Escape" && event.target.closest("details[open]");
            if (pick) {
                pick.open = false;
                pick.querySelector("summary").focus();
            }
        });
        form.addEventListener("pointerdown", () => { mouseDown = performance.now(); });
        document.addEventListener("pointerup", () => { mouseDown = -Infinity; });
        document.addEventListener("click", (event) => {
            form.querySelectorAll("details[open]").forEach((pick) => {
                pick.open = pick.contains(event.target);
            });
        });
        hideButtons();
    }

    const tools = document.getElementById("rule_tools");
    let isEdited = false;
    document.getElementById("connection_form")?.addEventListener("input", () => { isEdited = true; });
    tools?.addEventListener("submit", (event) => {
        if (isEdited && !window.confirm(tools.dataset.warning)) {
            event.preventDefault();
        }
    });
}
