/** The admin API over HTTP: on a Unix-domain socket for the host's own operators, health and metrics also on TCP. */
@NullMarked
package io.llmproxy.adapter.admin;

import org.jspecify.annotations.NullMarked;
