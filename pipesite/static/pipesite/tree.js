// Trees of boxes: what is ticked takes in all below it, and a tick means that not all are meant.
"use strict";
{
    const radio = (tree, value) => tree.querySelector(`[type="radio"][value="${value}"]`);

    function clear(boxes) {
        boxes.forEach((box) => { box.checked = false; });
    }

    function include(list, isInside) {
        for (const item of list.children) {
            const box = item.querySelector("input");
            const below = item.querySelector("ul");
            box.disabled = isInside;
            box.checked = isInside || box.checked;
            if (below) {
                include(below, box.checked);
            }
        }
    }

    function markFirst(tree) {
        tree.querySelector(".ps-count")?.remove();
        const first = tree.querySelector('[type="checkbox"]:checked');
        if (first) {
            const mark = document.createElement("span");
            mark.className = "ps-count";
            mark.textContent = "first";
            first.parentElement.append(mark);
        }
    }

    function refresh(tree, event) {
        const changed = event?.target;
        if (changed?.type === "checkbox") {
            radio(tree, "these").checked = true;
            if (!changed.checked) {
                clear(changed.closest("li").querySelectorAll("ul input"));
            }
        } else if (radio(tree, "all").checked) {
            clear(tree.querySelectorAll('[type="checkbox"]'));
        }
        include(tree.querySelector(":scope > ul:not(.errorlist)"), false);
        markFirst(tree);
    }

    document.querySelectorAll(".ps-tree:not([aria-disabled])").forEach((tree) => {
        tree.addEventListener("change", (event) => refresh(tree, event));
        refresh(tree);
    });
}
