/** Tests of llmproxyctl against a scripted server. */
@NullMarked
package io.llmproxy.cli;

import org.jspecify.annotations.NullMarked;
