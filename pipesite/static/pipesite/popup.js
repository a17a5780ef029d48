// Opens links to an edit in a window of its own, so that what was typed on the page stays. Once
// something was saved there, the page is loaded anew, unless it holds edits of its own.
"use strict";
{
    const NAME = "pipesite-edit";
    const channel = new BroadcastChannel("pipesite-edited");

    document.querySelectorAll("a[data-popup]").forEach((link) => {
        link.addEventListener("click", (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) {
                return;
            }
            const address = new URL(link.href);
            address.searchParams.set("_popup", "1");
            if (window.open(address, NAME, "width=860,height=820,resizable=yes,scrollbars=yes")) {
                event.preventDefault();
            }
        });
    });

    document.querySelectorAll("a[data-close]").forEach((link) => {
        link.addEventListener("click", (event) => {
            if (window.name === NAME) {
                event.preventDefault();
                window.close();
            }
        });
    });

    const form = document.getElementById("connection_form");
    let isEdited = false;
    form?.addEventListener("input", () => {
        isEdited = true;
    });
    channel.addEventListener("message", (event) => {
        if (event.data !== document.querySelector("[data-connection]")?.dataset.connection) {
            return;
        }
        if (!isEdited) {
            window.location.reload();
            return;
        }
        const note = document.createElement("p");
        note.className = "ps-note ps-gap";
        note.setAttribute("role", "status");
        note.textContent = "Saved in the other window. Saving this page shows that first; save once more then.";
        form.prepend(note);
    });

    const edited = document.getElementById("edited");
    if (edited) {
        channel.postMessage(edited.dataset.connection);
        channel.close();
        window.close();
    }
}
