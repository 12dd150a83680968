/** Talking to systemd, where it started the process. */
@NullMarked
package io.llmproxy.adapter.systemd;

import org.jspecify.annotations.NullMarked;
