// Keeps the states of connections up to date while somebody looks at them. Without it the page
// shows them as of when it was opened.
"use strict";

{
  const SOON = 2500;
  const LATER = 10000;

  const number = (value) => value.toLocaleString("en");

  const show = (place, selector, text) => {
    const found = place.querySelector(selector);
    if (found && found.textContent !== text) {
      found.textContent = text;
    }
  };

  const showState = (place, news) => {
    const badge = place.querySelector("[data-state] .ps-state");
    if (badge) {
      badge.className = `ps-state ${news.css}`;
      badge.textContent = news.word;
    }
  };

  const showProgress = (place, news) => {
    const line = place.querySelector(".ps-progress");
    if (!line) {
      return;
    }
    line.hidden = !news.total;
    const bar = line.querySelector("progress");
    bar.max = news.total || 1;
    bar.value = news.done;
    show(line, "[data-done]", number(news.done));
    show(line, "[data-total]", number(news.total));
  };

  // A form that somebody has begun to fill in must not be lost.
  let isTouched = false;
  document.addEventListener("input", () => {
    isTouched = true;
  });

  const isBusy = () => {
    const active = document.activeElement;
    return isTouched || Boolean(active && active.matches("input:not([type=hidden]), select, textarea"));
  };

  const watch = (root) => {
    const places = root.matches("[data-connection]")
      ? [root]
      : [...root.querySelectorAll("[data-connection]")];
    // A list of many connections would never come to rest.
    const rest = places.length > 1 ? 60000 : 0;

    const take = (all) => {
      let isGoing = false;
      let isOld = false;
      for (const place of places) {
        const news = all[place.dataset.connection];
        if (!news) {
          continue;
        }
        isGoing = isGoing || news.going;
        // What else the page shows, such as counts, has changed once a run is over.
        isOld = isOld || (!news.going && news.run !== place.dataset.run);
        showState(place, news);
        showProgress(place, news);
        show(place, "[data-line]", place.matches("tr") ? news.next : news.line);
        show(place, "[data-did]", news.did);
      }
      if (isOld && !isBusy() && performance.now() > rest) {
        window.location.reload();
      }
      return isGoing;
    };

    const ask = async () => {
      let isGoing = false;
      if (!document.hidden) {
        try {
          const answer = await fetch(root.dataset.progress, { headers: { Accept: "application/json" } });
          if (answer.ok) {
            isGoing = take(await answer.json());
          }
        } catch {
          // The server is away for a moment: it is asked again.
        }
      }
      window.setTimeout(ask, isGoing ? SOON : LATER);
    };
    window.setTimeout(ask, SOON);
  };

  document.querySelectorAll("[data-progress]").forEach(watch);
}
