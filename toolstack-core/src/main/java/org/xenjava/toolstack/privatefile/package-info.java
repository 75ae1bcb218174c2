// SPDX-License-Identifier: Apache-2.0
/**
 * Files with a guest's secrets: saved guests and core dumps. {@link org.xenjava.toolstack.privatefile.PrivateFile} writes one
 * under a temporary name until it is complete. {@link org.xenjava.toolstack.privatefile.NamedFile} tells later, also in another
 * process, whether the file got its name.
 */
@NullMarked
package org.xenjava.toolstack.privatefile;

import org.jspecify.annotations.NullMarked;
