// The form of a rule: what a choice asks for comes at once, with the focus where it was. Without it
// the buttons of the form do the same. On the set-up page: asks before a move loses other edits.
"use strict";
{
    const PAUSE = 600;
    const form = document.getElementById("rule_form");
    let changes = 0;
    let sent = 0;
    let lastKey = -Infinity;
    let asked = "";
    let timer = 0;

    function hideButtons() {
        form.querySelectorAll(".ps-choose").forEach((button) => { button.hidden = true; });
    }

    function replace(fresh, isChoice) {
        const id = document.activeElement?.id;
        const open = Array.from(form.querySelectorAll("details[open] > summary"), (each) => each.id);
        form.replaceChildren(...fresh.children);
        hideButtons();
        open.forEach((each) => document.getElementById(each)?.parentElement.setAttribute("open", ""));
        const same = isChoice && id ? document.getElementById(id) : null;
        (same || form.querySelector("[autofocus]") || form.querySelector("#add-condition")).focus();
    }

    async function send(name, value, submitter) {
        const before = changes;
        sent += 1;
        const mine = sent;
        const data = new FormData(form);
        data.append(name, value);
        form.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(window.location.href, {method: "POST", body: data});
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.getElementById("rule_form");
            if (mine !== sent) {
                return;
            }
            if (!answer.ok || !fresh) {
                throw new Error("no form");
            }
            if (changes === before) {
                replace(fresh, name === "_choose");
            } else if (name === "_choose") {
                schedule(value);
            } else {
                // Something was typed meanwhile: ask again, with that.
                send(name, value, submitter);
            }
        } catch {
            // The plain way shows what is the matter.
            if (submitter) {
                submitter.setAttribute("data-plain", "");
                form.requestSubmit(submitter);
            }
        } finally {
            form.removeAttribute("aria-busy");
        }
    }

    // Who chooses by keys passes other choices on the way: these are not asked for.
    function schedule(name) {
        asked = name;
        clearTimeout(timer);
        timer = setTimeout(ask, performance.now() - lastKey < PAUSE ? PAUSE : 0);
    }

    function ask() {
        clearTimeout(timer);
        if (asked) {
            const name = asked;
            asked = "";
            send("_choose", name, chooseButton(name));
        }
    }

    function chooseButton(name) {
        return form.querySelector(`button[name="_choose"][value="${name}"]`);
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
                schedule(name);
            } else if (event.target.closest(".ps-pick")) {
                summarize(event.target.closest(".ps-pick"));
            }
        });
        form.addEventListener("submit", (event) => {
            const button = event.submitter;
            if (["_add", "_remove"].includes(button?.name) && !button.hasAttribute("data-plain")) {
                event.preventDefault();
                send(button.name, button.value, button);
            }
        });
        form.addEventListener("keydown", (event) => {
            changes += 1;
            lastKey = performance.now();
            if (event.key === "Tab") {
                setTimeout(ask, 0);
            } else if (asked) {
                schedule(asked);
            }
            const pick = event.key === "Escape" && event.target.closest("details[open]");
            if (pick) {
                pick.open = false;
                pick.querySelector("summary").focus();
            }
        });
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
