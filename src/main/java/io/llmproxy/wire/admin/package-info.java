/** The JSON of the admin API, shared by the server and llmproxyctl. */
@NullMarked
package io.llmproxy.wire.admin;

import org.jspecify.annotations.NullMarked;
