/** Where requests go by an operator's word: routes, their targets and how these are chosen between. */
@NullMarked
package io.llmproxy.domain.route;

import org.jspecify.annotations.NullMarked;
