// Hands the account to the form that opened this window, which no longer counts as its opener once
// it has been at another site; then closes.
"use strict";
{
    const channel = new BroadcastChannel("pipesite-authorized");
    const {flow, value, text} = document.getElementById("authorized").dataset;
    channel.postMessage({flow, value, text});
    channel.close();
    window.close();
}
