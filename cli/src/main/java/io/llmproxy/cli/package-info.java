/** llmproxyctl, the command line of the admin API: it speaks HTTP to a server and knows nothing of its inside. */
@NullMarked
package io.llmproxy.cli;

import org.jspecify.annotations.NullMarked;
