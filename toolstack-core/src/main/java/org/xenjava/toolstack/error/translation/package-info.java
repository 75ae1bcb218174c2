// SPDX-License-Identifier: Apache-2.0
/**
 * The boundary between Xen and the toolstack's failures: translates exceptions of hypercalls and libraries into the
 * sealed family of {@link org.xenjava.toolstack.error} and adds the domain that an operation concerns.
 */
@NullMarked
package org.xenjava.toolstack.error.translation;

import org.jspecify.annotations.NullMarked;
