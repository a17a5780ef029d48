// Beside a select of accounts: opens the pop-up that authorizes one, and chooses what it hands over.
"use strict";
{
    const SELECTS = '[data-model-ref="account"] select';
    const flows = new Map();

    function newFlow() {
        const numbers = crypto.getRandomValues(new Uint32Array(4));
        return Array.from(numbers, (number) => number.toString(36)).join("");
    }

    function choose(select, {value, text}, isMeant) {
        if (!Array.from(select.options).some((option) => option.value === value)) {
            select.add(new Option(text, value));
        }
        if (isMeant) {
            select.value = value;
            select.dispatchEvent(new Event("change", {bubbles: true}));
        }
    }

    // Where pop-ups are blocked, a link that is clicked still opens a tab, under the same name.
    function offerTab(link) {
        const wrapper = link.closest(".related-widget-wrapper");
        if (wrapper.nextElementSibling?.matches(".ps-blocked")) {
            return;
        }
        const offer = document.createElement("p");
        offer.className = "ps-note is-warn ps-blocked";
        offer.setAttribute("role", "status");
        const tab = document.createElement("a");
        tab.href = link.href;
        tab.target = "_blank";
        tab.textContent = "Authorize in a tab of its own";
        offer.append("Your browser blocked the window. ", tab);
        wrapper.after(offer);
    }

    const channel = new BroadcastChannel("pipesite-authorized");
    channel.addEventListener("message", (event) => {
        const meant = flows.get(event.data.flow);
        if (meant) {
            document.querySelectorAll(SELECTS).forEach((select) => {
                choose(select, event.data, select === meant);
            });
            meant.focus();
        }
    });

    document.addEventListener("DOMContentLoaded", () => {
        document.querySelectorAll(SELECTS).forEach((select) => {
            const link = select.closest("[data-model-ref]").querySelector(".add-related");
            if (link) {
                const flow = newFlow();
                const address = new URL(link.href);
                address.searchParams.set("flow", flow);
                link.href = address;
                link.title = "Authorize an app, or use a connected account";
                flows.set(flow, select);
            }
        });
        django.jQuery(document).on("django:show-related", ".add-related", (event) => {
            const link = event.currentTarget;
            if (link.closest('[data-model-ref="account"]')) {
                event.preventDefault();
                if (!window.open(link.href, link.id, "height=700,width=800,resizable=yes,scrollbars=yes")) {
                    offerTab(link);
                }
            }
        });
    });
}
