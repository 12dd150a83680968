/** Tests of routes and their targets. */
@NullMarked
package io.llmproxy.domain.route;

import org.jspecify.annotations.NullMarked;
